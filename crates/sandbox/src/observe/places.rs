//! Places and variables that say something by themselves, and those that say nothing.

use crate::native::spec::{HOME, SKILL, WORK};

/// Secrets that no skill has business with; the files exist in the jail, their content is worthless.
pub(crate) const DECOYS: [(&str, &str); 14] = [
    (
        "/home/agent/.ssh/id_rsa",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nZGVjb3k=\n-----END OPENSSH PRIVATE KEY-----\n",
    ),
    (
        "/home/agent/.ssh/id_ed25519",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nZGVjb3k=\n-----END OPENSSH PRIVATE KEY-----\n",
    ),
    ("/home/agent/.ssh/config", "Host build\n  User agent\n"),
    (
        "/home/agent/.aws/credentials",
        "[default]\naws_access_key_id = AKIADECOYDECOYDECOY0\naws_secret_access_key = decoy\n",
    ),
    (
        "/home/agent/.netrc",
        "machine build.invalid login agent password decoy\n",
    ),
    (
        "/home/agent/.git-credentials",
        "https://agent:decoy@build.invalid\n",
    ),
    (
        "/home/agent/.npmrc",
        "//registry.invalid/:_authToken=decoy\n",
    ),
    (
        "/home/agent/.pypirc",
        "[pypi]\nusername = agent\npassword = decoy\n",
    ),
    ("/home/agent/.kube/config", "apiVersion: v1\nkind: Config\n"),
    ("/home/agent/.docker/config.json", "{\"auths\": {}}\n"),
    ("/home/agent/.config/gcloud/credentials.db", "decoy\n"),
    (
        "/home/agent/.config/google-chrome/Default/Login Data",
        "decoy\n",
    ),
    (
        "/home/agent/.mozilla/firefox/profile.default/logins.json",
        "{\"logins\": []}\n",
    ),
    ("/work/.env", "API_KEY=decoy\n"),
];

/// Variables that are set for every program, so that reading them says nothing.
pub(super) const ENVIRONMENT: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TMPDIR",
    "TZ",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
];

/// Variables that lead programs to the proxy.
pub(crate) const PROXY_VARIABLES: [&str; 4] =
    ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];

/// Folders of the run itself.
pub(super) const OWN: [&str; 5] = [SKILL, WORK, HOME, "/tmp", "/dev/shm"];

/// Where programs are looked for inside.
pub(crate) const PATH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// Read by the C library and by Python's own modules on behalf of any program.
pub(super) const ROUTINE: [&str; 27] = [
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/mime.types",
    "/etc/os-release",
    "/etc/locale.alias",
    "/etc/ssl",
    "/usr/share/locale",
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/usr/share/lib/zoneinfo",
    "/etc/zoneinfo",
    "/dev/tty",
    // How many processors there are.
    "/proc/stat",
    "/sys/devices/system/cpu/online",
    "/sys/devices/system/cpu/possible",
    "/sys/fs/cgroup/cpu.max",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
];
