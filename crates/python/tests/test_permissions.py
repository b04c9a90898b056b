"""`check_permission`: the seeds' form."""

import pytest

from skillgate import check_permission


@pytest.mark.parametrize(
    ("tool", "permissions", "allowed"),
    [
        ("filesystem.read_file", ["filesystem:*"], True),
        ("filesystem:read", ["filesystem:*"], True),
        ("git.status", ["git.status"], True),
        ("git.status", ["git:status"], True),
        ("git.status", ("web:*", "git:status"), True),
        ("anything.at_all", ["*"], True),
        ("git.commit", ["git:status"], False),
        ("git.commit", ["filesystem:*"], False),
        ("git.status", [], False),
        ("git.status", None, False),
        ("filesystem_admin.delete", ["filesystem:*"], False),
        ("github.delete_repo", ["git.*"], False),
        ("git.status", [":*"], False),
        ("git.status", [".*"], False),
        ("git.status", [""], False),
        ("git.status\n", ["git:status"], False),
        ("\ud800.status", ["*"], False),
        ("git.status", ["\ud800"], False),
        ("filesystem.read", ["filesystem:read(/data/**)"], False),
    ],
)
def test_a_tool_is_allowed_by_a_scope_that_names_it(tool, permissions, allowed):
    assert check_permission(tool_name=tool, permissions=permissions) is allowed


@pytest.mark.parametrize("permissions", ["*", b"*", {"*": 1}, 7, [7], [None, "*"], [["*"]]])
def test_anything_but_a_list_of_str_is_a_type_error(permissions):
    with pytest.raises(TypeError):
        check_permission(tool_name="git.status", permissions=permissions)


def test_the_list_is_read_only_as_far_as_needed():
    assert check_permission(tool_name="git.status", permissions=["git:*", 7])
