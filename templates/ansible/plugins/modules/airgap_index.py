#!/usr/bin/python
# Copyright: the sandstorm-airgap authors
# Apache License 2.0 (see LICENSE or https://www.apache.org/licenses/LICENSE-2.0)
"""Publish an offline app index."""

DOCUMENTATION = r"""
module: airgap_index
short_description: Publish an offline app index and app market
version_added: 1.0.0
description:
  - Makes the folder of an index, takes packages into it, each proven to its last byte, remembers what the house decides
    about apps, and publishes all of it at once. A web server shows C(public) in that folder.
author:
  - the sandstorm-airgap authors (@sandstorm-airgap)
extends_documentation_fragment:
  - sandstorm.airgap.common
attributes:
  check_mode:
    description:
      - Changes nothing. Of a folder that is no index yet only that is said, and of a publication only whether one would
        be made.
    support: full
  diff_mode:
    description: Shows the apps of the index and what is offered of them, before and after.
    support: partial
    details: In check mode there is no afterwards to be shown.
options:
  dir:
    description:
      - Folder of the index.
    type: path
    required: true
  title:
    description:
      - Name of the market.
    type: str
  servers:
    description:
      - Addresses of the Sandstorm servers into which the market installs.
    type: list
    elements: str
  packages:
    description:
      - App packages (SPK) on the target, or folders of them. What is in already is not taken in twice.
    type: list
    elements: path
    default: []
  absent:
    description:
      - Package ids to be taken out, or app ids for all packages of an app.
    type: list
    elements: str
    default: []
  apps:
    description:
      - What the house decides about apps. Apps that are not named here stay as they were decided.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description:
          - The app id.
        type: str
        required: true
      pin:
        description:
          - Package id of the one version that is offered. Empty for the newest.
        type: str
        default: ""
      hidden:
        description:
          - Offer it no longer.
        type: bool
        default: false
      description:
        description:
          - Short description of the house's own. Empty for that of the package.
        type: str
        default: ""
  publish:
    description:
      - Publish what is in the index then.
    type: bool
    default: true
  keep:
    description:
      - How many publications stay. The tool keeps 3.
    type: int
"""

EXAMPLES = r"""
- name: The apps of the house are published
  sandstorm.airgap.airgap_index:
    dir: /srv/app-index
    title: Apps of the house
    servers:
      - http://sandstorm.corp.lan:6080
    packages:
      - /srv/drop/apps
    apps:
      - id: 77mdck5kh3t15udn47ct8k06w7y4qhxruy8v8ts96er9psdf6d7h
        pin: e4a720632c8f9a76b6c1344ee2d7667a
        description: Notes of the rig
"""

RETURN = r"""
taken_in:
  description: Package ids that were taken in, or would be.
  returned: success
  type: list
  elements: str
published:
  description: Number of the publication in force. None in check mode, and when nothing was published yet.
  returned: success
  type: int
apps:
  description: The apps of the index, as C(sandstorm-airgap index list --json) has them.
  returned: success
  type: list
  elements: dict
code:
  description: Stable code of the refusal.
  returned: failure
  type: str
  sample: E_SPK_SIGNATURE
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
result:
  description: Facts about the refusal.
  returned: failure
  type: raw
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sandstorm.airgap.plugins.module_utils.airgap import COMMON, Tool, flags

ARGUMENTS = {
    "dir": {"type": "path", "required": True},
    "title": {"type": "str"},
    "servers": {"type": "list", "elements": "str"},
    "packages": {"type": "list", "elements": "path", "default": []},
    "absent": {"type": "list", "elements": "str", "default": []},
    "apps": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "id": {"type": "str", "required": True},
            "pin": {"type": "str", "default": ""},
            "hidden": {"type": "bool", "default": False},
            "description": {"type": "str", "default": ""},
        },
    },
    "publish": {"type": "bool", "default": True},
    "keep": {"type": "int"},
}

NOTHING = {"apps": [], "inForce": None}


class Index:
    """An index that is brought, step by step, to what is wanted."""

    def __init__(self, module, tool):
        self.module = module
        self.tool = tool
        self.params = module.params
        self.changed = False
        self.taken_in = []

    def look(self):
        """What is in it; nothing where there is no index yet."""
        answer = self.tool.ask(["index", "list"], [], [self.params["dir"]], refusal_is_data=True)
        if answer.error is None:
            return answer.result
        if answer.error["code"] != "E_INDEX_MISSING":
            self.tool.fail(answer)
        return NOTHING

    def step(self, words, options, operands):
        """One command; what had changed before it failed is told too."""
        answer = self.tool.ask(words, self.tool.dry_run + options, [self.params["dir"]] + operands, refusal_is_data=True)
        if answer.error is not None:
            self.tool.fail(answer, changed=not self.module.check_mode and (self.changed or answer.changed))
        self.changed = self.changed or answer.changed or (self.module.check_mode and answer.result.get("changed", False))
        return answer.result

    def make(self):
        """The folder, its title and its servers."""
        options = flags({"title": self.params["title"]}, ["title"])
        options += ["--server=%s" % server for server in self.params["servers"] or []]
        self.step(["index", "init"], options, [])

    def take_in(self):
        """Packages that are not in it yet."""
        if not self.params["packages"]:
            return
        result = self.step(["index", "add"], [], self.params["packages"])
        self.taken_in = [one["packageId"] for one in result["packages"] if one["state"] != "already"]

    def take_out(self, there):
        """Packages and apps that are in it and should not be."""
        known = [app["appId"] for app in there["apps"]]
        known += [package["packageId"] for app in there["apps"] for package in app["packages"]]
        for unwanted in self.params["absent"]:
            if unwanted in known:
                self.step(["index", "remove"], [], [unwanted])

    def decide(self, there):
        """What the house decides, where it had decided otherwise."""
        known = {app["appId"]: app for app in there["apps"]}
        for wanted in self.params["apps"]:
            app = known.get(wanted["id"], {})
            self._decide("pin", wanted["id"], wanted["pin"], app.get("pin") or "")
            self._decide("describe", wanted["id"], wanted["description"], app.get("description") or "")
            self._decide("hide", wanted["id"], wanted["hidden"], app.get("hidden", False))

    def _decide(self, word, app_id, wanted, there):
        if wanted == there:
            return
        options = [] if wanted else ["--off"]
        operands = [app_id] + ([wanted] if wanted and wanted is not True else [])
        self.step(["index", word], options, operands)

    def publish(self):
        """All of it at once, when there is anything new."""
        if self.params["publish"]:
            self.step(["index", "build"], flags(self.params, ["keep"]), [])


def offered(contents):
    """One line an app, for the diff."""
    lines = []
    for app in contents["apps"]:
        what = app["published"] or "not offered"
        lines.append("%s %s: %s%s" % (app["appId"], app.get("name"), what, " (pinned)" if app.get("pin") else ""))
    return "".join(line + "\n" for line in lines)


def main():
    """Bring the index to what is wanted, in the order in which each step needs the ones before."""
    module = AnsibleModule(argument_spec=dict(ARGUMENTS, **COMMON), supports_check_mode=True)
    tool = Tool(module)
    index = Index(module, tool)
    before = index.look()
    index.make()
    if module.check_mode and before is NOTHING:
        module.exit_json(changed=True, taken_in=[], published=None, apps=[])
    index.take_in()
    there = index.look() if index.taken_in and not module.check_mode else before
    index.take_out(there)
    index.decide(there)
    index.publish()
    after = index.look() if index.changed and not module.check_mode else before
    module.exit_json(
        changed=index.changed,
        taken_in=index.taken_in,
        published=None if module.check_mode else after.get("inForce"),
        apps=after["apps"],
        diff={"before": offered(before), "after": offered(after)},
    )


if __name__ == "__main__":
    main()
