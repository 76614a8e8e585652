#!/usr/bin/python
# Copyright: the sandstorm-airgap authors
# Apache License 2.0 (see LICENSE or https://www.apache.org/licenses/LICENSE-2.0)
"""Change settings of a Sandstorm server."""

DOCUMENTATION = r"""
module: airgap_config
short_description: Change settings in sandstorm.conf, every other byte of which stays
version_added: 1.0.0
description:
  - Sets and removes settings. Each value is judged before any is stored, so that a task changes all or nothing.
  - The server takes them at its next start; see I(restart).
author:
  - the sandstorm-airgap authors (@sandstorm-airgap)
extends_documentation_fragment:
  - sandstorm.airgap.common
  - sandstorm.airgap.common.server
attributes:
  check_mode:
    description: Judges the values and changes nothing.
    support: full
  diff_mode:
    description: Shows the lines of sandstorm.conf that change, without secrets.
    support: full
options:
  settings:
    description:
      - Settings and their values. A setting without a value (C(null)) is removed.
      - Values of secret settings are refused here, see I(secrets).
    type: dict
    default: {}
  secrets:
    description:
      - The same for settings whose values nobody is to see, like C(MAIL_URL). They travel over standard input.
    type: dict
    default: {}
  force:
    description:
      - Store what Sandstorm does not know or would not take all the same.
    type: bool
    default: false
  restart:
    description:
      - Restart the server when something was changed, and wait until it is well.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Sandstorm listens on one address only, and sends mail
  sandstorm.airgap.airgap_config:
    settings:
      BIND_IP: 10.20.0.5
      HTTPS_PORT: null
    secrets:
      MAIL_URL: "smtp://sandstorm:{{ mail_password }}@mail.corp.lan:587"
    restart: true
"""

RETURN = r"""
changed_settings:
  description: Names of the settings that were changed, or would be.
  returned: success
  type: list
  elements: str
  sample: [BIND_IP]
backups:
  description: Copies of the file as it was before each change.
  returned: changed
  type: list
  elements: str
restarted:
  description: The server was restarted.
  returned: success
  type: bool
code:
  description: Stable code of the refusal.
  returned: failure
  type: str
  sample: E_CONF_VALUE
hint:
  description: The next command to type.
  returned: failure
  type: str
rc:
  description: Exit code of the tool.
  returned: failure
  type: int
restored:
  description: The previous state was restored.
  returned: failure
  type: bool
result:
  description: Facts about the refusal.
  returned: failure
  type: raw
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sandstorm.airgap.plugins.module_utils.airgap import (
    COMMON,
    SERVER,
    Tool,
    flags,
    plain,
)

ARGUMENTS = {
    "settings": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "force": {"type": "bool", "default": False},
    "restart": {"type": "bool", "default": False},
}


class Settings:
    """What is wanted of sandstorm.conf."""

    def __init__(self, module, tool):
        self.module = module
        self.tool = tool
        self.changed = []
        self.made = 0
        self.diffs = []
        self.backups = []

    def differing(self):
        """The edits that may change something, by one look at the file. Secrets are only known to the tool itself."""
        there = self.tool.ask(["config", "show"]).result["settings"]
        edits = []
        for key, value in self.module.params["settings"].items():
            if (there.get(key) if value is not None else key in there) != (plain(value) if value is not None else False):
                edits.append((key, value))
        return edits + list(self.module.params["secrets"].items())

    def edit(self, key, value, options):
        """One edit, by the tool, which has the last word on whether it changes anything."""
        options = options + flags(self.module.params, ["force"])
        if value is None:
            answer = self.tool.ask(["config", "unset"], options, [key], refusal_is_data=True)
        else:
            # Over standard input, the harmless ones too: nobody has to know which are secret.
            answer = self.tool.ask(
                ["config", "set"], options + ["--value-file=-"], [key], plain(value), refusal_is_data=True
            )
        if answer.error is not None:
            self.tool.fail(answer, changed=answer.changed or self.made > 0)
        return answer.result

    def bring_about(self):
        """All edits, judged before any is made."""
        edits = [(key, value) for key, value in self.differing() if self._would_change(key, value)]
        if self.module.check_mode:
            return
        for key, value in edits:
            result = self.edit(key, value, [])
            self.made += 1
            if result["backup"] is not None:
                self.backups.append(result["backup"])
            if (key, value) == edits[-1]:
                self.tool.warn_of(result)

    def _would_change(self, key, value):
        result = self.edit(key, value, ["--dry-run"])
        if result["changed"]:
            self.changed.append(key)
            self.diffs.append(result["diff"])
        return result["changed"]


def main():
    """Change what differs, then restart if that was asked for."""
    module = AnsibleModule(
        argument_spec=dict(ARGUMENTS, **COMMON, **SERVER),
        supports_check_mode=True,
    )
    tool = Tool(module)
    settings = Settings(module, tool)
    settings.bring_about()

    restart = bool(settings.changed) and module.params["restart"] and not module.check_mode
    if restart:
        answer = tool.ask(["service", "restart"], refusal_is_data=True)
        if answer.error is not None:
            tool.fail(answer, changed=True)
    module.exit_json(
        changed=bool(settings.changed),
        changed_settings=settings.changed,
        backups=settings.backups,
        restarted=restart,
        diff={"prepared": "".join(settings.diffs)},
    )


if __name__ == "__main__":
    main()
