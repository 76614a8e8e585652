#!/usr/bin/python
# Copyright: the sandstorm-airgap authors
# Apache License 2.0 (see LICENSE or https://www.apache.org/licenses/LICENSE-2.0)
"""Verify, take in and ask for transfer kits."""

DOCUMENTATION = r"""
module: airgap_kit
short_description: Verify, take in and ask for transfer kits
version_added: 1.0.0
description:
  - A kit is what was packed on a connected machine for servers without internet, with a signed manifest.
  - C(receive) takes one in once; C(verify) says whether it is whole and whose it is; C(request) writes down what this
    server has, so that a kit of what it lacks can be made.
author:
  - the sandstorm-airgap authors (@sandstorm-airgap)
extends_documentation_fragment:
  - sandstorm.airgap.common
  - sandstorm.airgap.common.server
attributes:
  check_mode:
    description: Reads and proves the kit, and changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
options:
  action:
    description:
      - What is to be done.
    type: str
    choices: [receive, verify, request]
    default: receive
  kit:
    description:
      - Folder of the kit on the target, or its tar. Needed but for C(request).
    type: path
  request_file:
    description:
      - File that C(request) writes, on the target.
    type: path
  index:
    description:
      - App index that the packages of the kit go to, or whose packages are there already.
    type: path
  allow_older:
    description:
      - Take a kit in although a newer one of the same key was.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: The kit is taken in
  sandstorm.airgap.airgap_kit:
    kit: /media/usb/kit
    index: /srv/app-index
  register: received

- name: Sandstorm is brought to the build in it
  sandstorm.airgap.airgap_update:
    tarball: "{{ received.kit.folder }}"

- name: What this server has is written down
  sandstorm.airgap.airgap_kit:
    action: request
    request_file: /media/usb/server.request
    index: /srv/app-index
"""

RETURN = r"""
kit:
  description:
    - What the tool tells of the kit, as C(--json) has it. After C(receive) its C(folder) is where the release lies.
  returned: success
  type: dict
code:
  description: Stable code of the refusal.
  returned: failure
  type: str
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
  description: Facts about the refusal, the parts of the kit that are not right among them.
  returned: failure
  type: raw
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sandstorm.airgap.plugins.module_utils.airgap import COMMON, SERVER, Tool, flags

ARGUMENTS = {
    "action": {"type": "str", "choices": ["receive", "verify", "request"], "default": "receive"},
    "kit": {"type": "path"},
    "request_file": {"type": "path"},
    "index": {"type": "path"},
    "allow_older": {"type": "bool", "default": False},
}

# Which parameter a command is about, and which others it takes.
COMMANDS = {
    "receive": ("kit", ["index", "allow_older"]),
    "verify": ("kit", []),
    "request": ("request_file", ["index"]),
}


def main():
    """Ask for one of the three, and tell what became of it."""
    module = AnsibleModule(
        argument_spec=dict(ARGUMENTS, **COMMON, **SERVER),
        required_if=[("action", name, [about]) for name, (about, others) in COMMANDS.items()],
        supports_check_mode=True,
    )
    params = module.params
    about, others = COMMANDS[params["action"]]
    tool = Tool(module)
    answer = tool.ask(["kit", params["action"]], tool.dry_run + flags(params, others), [params[about]])
    would_change = module.check_mode and params["action"] != "verify" and answer.result.get("changed", True)
    module.exit_json(changed=answer.changed or would_change, kit=answer.result)


if __name__ == "__main__":
    main()
