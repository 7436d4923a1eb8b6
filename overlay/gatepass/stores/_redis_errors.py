"""Errors of a Redis that are about its configuration, in words that contain no value."""

import re

PERMISSIONS = "the docstring of RedisStore lists what it needs"


def explain(error: Exception, script: str = "") -> str:
    """What is wrong with the configuration; "" if the error is about something else."""
    message = str(error)
    if type(error).__name__ == "MovedError" or message.startswith("MOVED "):
        return "it is a node of a cluster; write redis+cluster://HOST:PORT, or give a client, RedisCluster"
    if type(error).__name__ == "ReadOnlyError" or "READONLY" in message:
        return "ReadOnlyError: it is a replica, which cannot give leases; give the address of the primary"
    if "permissions to access" in message.lower() or "can't access at least one of the keys" in message:
        return f"NoPermissionError: its user may not use the keys of this prefix; {PERMISSIONS}"
    if (
        type(error).__name__ == "NoPermissionError"
        or "can't run this command" in message
        or "ACL failure" in message
    ):
        command = _command_of(message, script)
        return f"NoPermissionError: its user may not run {command or 'a command'}; {PERMISSIONS}"
    return ""


def _command_of(message: str, script: str) -> str:
    """The command that was denied: in a script only its line is known, from Redis 6.2 to 7."""
    if match := re.search(r"run the '([\w|]+)' command", message):
        return match[1].upper()
    match = re.search(r"@user_script: ?(\d+)", message)
    line = script.splitlines()[int(match[1]) - 1] if match else ""
    commands = re.findall(r"redis\.call\('(\w+)'", line)
    return commands[0] if len(commands) == 1 else ""
