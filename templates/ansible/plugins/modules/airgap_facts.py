#!/usr/bin/python
# Copyright: the sandstorm-airgap authors
# Apache License 2.0 (see LICENSE or https://www.apache.org/licenses/LICENSE-2.0)
"""Gather what there is to know of a Sandstorm server."""

DOCUMENTATION = r"""
module: airgap_facts
short_description: Gather what there is to know of a Sandstorm server
version_added: 1.0.0
description:
  - What is installed, whether it is well, what waits to be done, and its settings. Changes nothing, needs no root to
    look, and works where no server is.
author:
  - the sandstorm-airgap authors (@sandstorm-airgap)
extends_documentation_fragment:
  - sandstorm.airgap.common
  - sandstorm.airgap.common.server
attributes:
  check_mode:
    description: It changes nothing anyway.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
options:
  gather:
    description:
      - What to look at beside the state of the server.
    type: list
    elements: str
    choices: [settings, snapshots]
    default: [settings]
"""

EXAMPLES = r"""
- name: Look at Sandstorm
  sandstorm.airgap.airgap_facts:

- name: Say what was seen
  ansible.builtin.debug:
    msg: "build {{ sandstorm_airgap.build }}, {{ 'well' if sandstorm_airgap.healthy else 'not well' }}"
"""

RETURN = r"""
ansible_facts:
  description: Facts for the tasks that follow.
  returned: success
  type: dict
  contains:
    sandstorm_airgap:
      description: The state of the server, as C(sandstorm-airgap status --json) has it, and what I(gather) adds.
      type: dict
      returned: success
      sample:
        installed: true
        build: 309
        healthy: true
        running: true
        pending: null
        baseUrl: http://sandstorm.corp.lan:6080
        settings:
          UPDATE_CHANNEL: none
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
  description: The previous state was restored. Never here.
  returned: failure
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sandstorm.airgap.plugins.module_utils.airgap import COMMON, SERVER, Tool

ARGUMENTS = {
    "gather": {
        "type": "list",
        "elements": "str",
        "choices": ["settings", "snapshots"],
        "default": ["settings"],
    },
}

# What adds a part, and which part of its answer it is.
PARTS = {
    "settings": (["config", "show"], "settings"),
    "snapshots": (["snapshot", "list"], "snapshots"),
}


def main():
    """Look, and tell."""
    module = AnsibleModule(argument_spec=dict(ARGUMENTS, **COMMON, **SERVER), supports_check_mode=True)
    tool = Tool(module)
    facts = tool.ask(["status"]).result
    for part in module.params["gather"]:
        command, name = PARTS[part]
        facts[part] = tool.ask(command).result[name] if facts["installed"] else None
    module.exit_json(changed=False, ansible_facts={"sandstorm_airgap": facts})


if __name__ == "__main__":
    main()
