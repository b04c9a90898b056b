"""What is raised when a call is refused."""

from __future__ import annotations


class SecurityError(PermissionError):
    """A tool may not be used by whoever asked."""

    def __init__(
        self,
        skill_name: str,
        tool_name: str,
        required_permission: str | None = None,
        protocol_guidance: str | None = None,
    ) -> None:
        self.skill_name = skill_name
        self.tool_name = tool_name
        self.required_permission = required_permission
        self.protocol_guidance = protocol_guidance
        message = (
            f"Skill '{skill_name}' is not authorized to use '{tool_name}'. "
            f"Required permission: {required_permission}. "
            "Add this permission to SKILL.md frontmatter to enable."
        )
        super().__init__(f"{message}\n\n{protocol_guidance}" if protocol_guidance else message)

    def __reduce__(self) -> tuple[type[SecurityError], tuple[str, str, str | None, str | None]]:
        return type(self), (
            self.skill_name,
            self.tool_name,
            self.required_permission,
            self.protocol_guidance,
        )
