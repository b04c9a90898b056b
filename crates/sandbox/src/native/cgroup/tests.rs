//! Both versions of control groups, as the kernel lays them out.

use super::*;

/// A tree of the second version, as the kernel lays it out.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str) -> Self {
        let top = std::env::temp_dir().join(format!("skillgate-v2-{name}-{}", std::process::id()));
        fs::create_dir_all(top.join("user.slice/app.slice/a.scope")).unwrap();
        fs::write(
            top.join("user.slice/cgroup.subtree_control"),
            "cpu memory pids\n",
        )
        .unwrap();
        fs::write(
            top.join("user.slice/app.slice/cgroup.subtree_control"),
            "memory pids\n",
        )
        .unwrap();
        fs::write(
            top.join("user.slice/app.slice/a.scope/cgroup.subtree_control"),
            "\n",
        )
        .unwrap();
        Self(top)
    }

    fn mounts(&self) -> String {
        let top = self.0.display();
        format!("25 20 0:22 / {top} rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n")
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn the_memory_controller_of_the_first_version_is_found() {
    let mounts = "25 20 0:22 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";
    let groups = "4:memory:/jobs/a\n0::/\n";
    assert_eq!(
        bases(groups, mounts),
        [(PathBuf::from("/sys/fs/cgroup/memory/jobs/a"), Version::V1)]
    );
}

#[test]
fn a_second_version_that_delegates_nothing_is_no_group() {
    let mounts = "25 20 0:22 / /sys/fs/cgroup/absent rw,relatime - cgroup2 cgroup2 rw\n";
    assert_eq!(bases("0::/user.slice\n", mounts), []);
}

#[test]
fn a_delegating_group_above_the_own_one_is_taken() {
    let tree = Tree::new("above");
    let found = bases("0::/user.slice/app.slice/a.scope\n", &tree.mounts());
    let expected = ["user.slice/app.slice", "user.slice"];
    assert_eq!(found, expected.map(|path| (tree.0.join(path), Version::V2)));
}

#[test]
fn limits_and_counts_of_the_second_version_are_its_files() {
    let tree = Tree::new("files");
    let base = tree.0.join("user.slice/app.slice");
    let mut group = Group::below(&base, Version::V2).unwrap();
    let written = |file: &str| fs::read_to_string(group.path().join(file)).unwrap();
    assert_eq!(written("memory.max"), (512 << 20).to_string());
    assert_eq!(written("memory.swap.max"), "0");
    assert_eq!(written("pids.max").parse::<u32>().unwrap(), 64 + LAUNCHERS);
    let (peak, events) = (
        group.path().join("memory.peak"),
        group.path().join("memory.events"),
    );
    fs::write(&peak, "1048576\n").unwrap();
    fs::write(&events, "low 0\nhigh 0\nmax 9\noom 2\noom_kill 2\n").unwrap();
    assert_eq!(group.memory(), (Some(1 << 20), 2));
    // What was killed in one run does not count in the next.
    let limits = Limits {
        memory_bytes: 64 << 20,
        ..Limits::default()
    };
    group.begin(&limits).unwrap();
    assert_eq!(group.memory().1, 0);
    fs::write(&events, "oom_kill 3\n").unwrap();
    assert_eq!(group.memory(), (None, 1));
    assert_eq!(
        fs::read_to_string(group.path().join("memory.max")).unwrap(),
        (64 << 20).to_string()
    );
    fs::remove_dir_all(group.path()).unwrap();
}

#[test]
fn a_group_that_cannot_be_limited_is_none() {
    let tree = Tree::new("refused");
    let file = tree.0.join("user.slice/cgroup.subtree_control");
    assert!(Group::below(&file, Version::V2).is_err());
}

#[test]
fn groups_of_supervisors_that_are_gone_are_removed() {
    let tree = Tree::new("swept");
    let base = tree.0.join("user.slice");
    let (dead, alive) = (
        base.join("skillgate-4194305-0"),
        base.join(format!("skillgate-{}-9", std::process::id())),
    );
    fs::create_dir(&dead).unwrap();
    fs::create_dir(&alive).unwrap();
    sweep(&base);
    assert!(!dead.exists() && alive.exists());
}
