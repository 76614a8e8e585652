#!/usr/bin/python
# Copyright: the sandstorm-airgap authors
# Apache License 2.0 (see LICENSE or https://www.apache.org/licenses/LICENSE-2.0)
"""Bring a Sandstorm server to a newer build."""

DOCUMENTATION = r"""
module: airgap_update
short_description: Bring a Sandstorm server to a newer build from a local tarball
version_added: 1.0.0
description:
  - Proves the tarball genuine, checks the target, keeps the old build and a copy of the data, updates, and ends well
    only when the new build is seen to be well.
  - If anything fails, the old build and its data come back by themselves, and the task fails with C(rc) 6 and
    C(restored) true.
  - Does nothing when the build is there and well. Where the tarball is named for its build
    (C(sandstorm-309.tar.xz)) it is not even read then, and need not be there.
author:
  - the sandstorm-airgap authors (@sandstorm-airgap)
extends_documentation_fragment:
  - sandstorm.airgap.common
  - sandstorm.airgap.common.server
  - sandstorm.airgap.common.release
attributes:
  check_mode:
    description: Makes the very plan that would be carried out, and changes nothing.
    support: full
  diff_mode:
    description: Shows the build before and after.
    support: full
options:
  tarball:
    description:
      - Release tarball on the target, its signatures beside it, or a folder to take the newest from.
    type: path
    required: true
  allow_downgrade:
    description:
      - Accept an older build than the one installed.
    type: bool
    default: false
  reinstall:
    description:
      - Put the installed build in place once more. With this the task is never unchanged.
    type: bool
    default: false
  snapshot:
    description:
      - Data copied so that they can come back. The tool takes C(database).
    type: str
    choices: [none, database, full]
  strategy:
    description:
      - C(safe) stops the server for the copy; C(live) makes the shortest pause, without a way back for the data.
      - The tool takes C(safe).
    type: str
    choices: [safe, live]
  keep:
    description:
      - How many snapshots stay, that of this update among them. The tool keeps 1.
    type: int
"""

EXAMPLES = r"""
- name: Sandstorm is up to date
  sandstorm.airgap.airgap_update:
    tarball: /srv/sandstorm/sandstorm-309.tar.xz

- name: Sandstorm is up to date, and grains and apps can come back too
  sandstorm.airgap.airgap_update:
    tarball: /srv/sandstorm
    snapshot: full
    keep: 3
"""

RETURN = r"""
from_build:
  description: Build before.
  returned: success
  type: int
  sample: 308
to_build:
  description: Build afterwards, or that a check mode would lead to.
  returned: success
  type: int
  sample: 309
home:
  description: Install directory.
  returned: success
  type: str
  sample: /opt/sandstorm
healthy:
  description: It was seen to be well.
  returned: success
  type: bool
pause_ms:
  description: From the stop to the first good answer, in milliseconds.
  returned: success
  type: int
plan:
  description: The plan that was carried out, or would be. None when there was nothing to do.
  returned: success
  type: dict
checks:
  description: What the preflight checks said.
  returned: success
  type: list
  elements: dict
run:
  description: Folder of the journal, on the target.
  returned: changed
  type: str
code:
  description: Stable code of the refusal.
  returned: failure
  type: str
  sample: E_UPDATE_UNDONE
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

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sandstorm.airgap.plugins.module_utils.airgap import (
    COMMON,
    RELEASE,
    SERVER,
    Tool,
    flags,
    missing_in_check_mode,
)

ARGUMENTS = {
    "tarball": {"type": "path", "required": True},
    "allow_downgrade": {"type": "bool", "default": False},
    "reinstall": {"type": "bool", "default": False},
    "snapshot": {"type": "str", "choices": ["none", "database", "full"]},
    "strategy": {"type": "str", "choices": ["safe", "live"]},
    "keep": {"type": "int"},
}


def already_there(tool, params):
    """The state of the server, when it has the build that the tarball is named for, and all is as it must be."""
    named = re.match(r"sandstorm-([0-9]+)\.tar\.", os.path.basename(params["tarball"]))
    if named is None or params["reinstall"]:
        return None
    seen = tool.ask(["status"]).result
    is_there = seen["installed"] and seen["build"] == int(named.group(1)) and seen["channel"] == "none"
    return seen if is_there and seen["healthy"] and seen["pending"] is None else None


def main():
    """Ask for an update, and tell what became of it."""
    module = AnsibleModule(
        argument_spec=dict(ARGUMENTS, **COMMON, **SERVER, **RELEASE),
        required_by={"trust_key": "trust_reason"},
        supports_check_mode=True,
    )
    params = module.params
    tool = Tool(module)
    there = already_there(tool, params)
    if there is not None:
        module.exit_json(
            changed=False,
            from_build=there["build"],
            to_build=there["build"],
            home=there["home"],
            healthy=True,
            pause_ms=None,
            plan=None,
            checks=[],
            run=None,
        )
    if missing_in_check_mode(module, params["tarball"]):
        module.warn("%s is not there yet: no plan could be made" % params["tarball"])
        module.exit_json(changed=True, plan=None, checks=[])

    names = [name for name in list(ARGUMENTS) + list(RELEASE) if name != "tarball"]
    wish = ["--yes"] + tool.dry_run + flags(params, names)
    answer = tool.ask(["update"], wish, [params["tarball"]])

    result = answer.result
    tool.warn_of(result)
    told = {name: result[name] for name in ("home", "healthy", "plan", "checks", "run")}
    told["from_build"] = result["from"]
    told["to_build"] = result["to"]
    told["pause_ms"] = result["pauseMs"]
    told["changed"] = answer.changed or (module.check_mode and result["plan"] is not None)
    if told["changed"]:
        told["diff"] = {
            "before": "build %s\n" % result["from"],
            "after": "build %s\n" % result["to"],
            "before_header": result["home"],
            "after_header": result["home"],
        }
    module.exit_json(**told)


if __name__ == "__main__":
    main()
