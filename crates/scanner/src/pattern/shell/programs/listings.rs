//! Programs that list what there is: files of a tree, disks of a machine.

use super::super::call::Call;
use super::super::judge;
use super::super::run::Run;
use crate::pattern::places;
use crate::pattern::value::{Taint, Value, of_path};

/// The names of disks, as a listing gives them out.
pub(super) fn disks(call: &Call<'_>) -> Option<Value> {
    let lists = match call.name.as_str() {
        "lsblk" | "blkid" | "fdisk" | "diskutil" => true,
        "ls" => call.arguments.iter().any(|word| {
            word.text.starts_with("/dev/") && (judge::is_disk(&word.text) || word.text == "/dev/")
        }),
        _ => false,
    };
    lists.then(|| Value::unknown(Taint::LISTED))
}

pub(super) fn find(run: &mut Run, call: &Call<'_>) -> Value {
    let mut taint = Taint::default();
    for argument in call.arguments {
        taint |= argument.taint;
        if places::is_credential(&argument.text)
            || argument.text.contains("id_rsa")
            || argument.text.contains(".pem")
            || argument.text.starts_with(".env")
        {
            taint |= Taint::SECRET;
        }
        taint |= of_path(&argument.text).common(Taint::PERSONAL);
    }
    let words: Vec<&str> = call.words().collect();
    if call.name == "find" && judge::finds_everything(&words) {
        taint |= Taint::TREE;
    }
    if call.has(&["-perm"]) {
        // Which programs have rights that their user lacks says how the machine can be taken.
        taint |= Taint::MACHINE;
    }
    if let Some(command) = call.after(&["-exec", "-execdir", "-ok", "-x"]) {
        let file = Value::unknown(taint | Taint::FILE);
        let words: Vec<Value> = command
            .iter()
            .take_while(|word| !matches!(word.text.as_str(), ";" | "+"))
            .map(|word| {
                if word.text.contains("{}") {
                    Value {
                        text: word.text.replace("{}", &file.text),
                        taint: file.taint,
                    }
                } else {
                    word.clone()
                }
            })
            .collect();
        return run.given(&words, call.input, &call.span).tainted(taint);
    }
    Value::unknown(taint)
}
