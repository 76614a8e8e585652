#!/usr/bin/python
# Copyright: the sandstorm-airgap authors
# Apache License 2.0 (see LICENSE or https://www.apache.org/licenses/LICENSE-2.0)
"""Install Sandstorm from a local tarball."""

DOCUMENTATION = r"""
module: airgap_install
short_description: Install Sandstorm from a local tarball
version_added: 1.0.0
description:
  - Proves the tarball genuine, checks the target and its DNS, runs Sandstorm's own C(install.sh), turns updates off,
    and ends well only when the server is seen to be well.
  - Does nothing when the build is there with these settings. A server of another build is refused
    (C(E_ALREADY_INSTALLED)); M(sandstorm.airgap.airgap_update) brings it to a newer one.
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
    description: Shows the build and the address before and after.
    support: full
options:
  tarball:
    description:
      - Release tarball on the target, its signatures beside it, or a folder to take the newest from.
    type: path
    required: true
  base_url:
    description:
      - The address people type, with its port.
    type: str
    required: true
  wildcard_host:
    description:
      - Host name with one star, every name of which leads to the server.
    type: str
    required: true
  install_script:
    description:
      - Sandstorm's C(install.sh). By default the one beside the tarball.
    type: path
  port:
    description:
      - HTTP ports. By default that of I(base_url).
    type: list
    elements: int
  https_port:
    description:
      - HTTPS port of the server itself.
    type: int
  mongo_port:
    description:
      - Port of the database.
    type: int
  smtp_port:
    description:
      - Port for mail to grains.
    type: int
  bind_ip:
    description:
      - Address to listen on.
    type: str
  server_user:
    description:
      - Account to run the server under, made if missing.
    type: str
  return_setup_link:
    description:
      - Return the link that makes whoever opens it within 15 minutes the administrator. Give the task C(no_log) then.
      - C(sandstorm admin-token) on the target makes another one.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Sandstorm is installed
  sandstorm.airgap.airgap_install:
    tarball: /srv/sandstorm/sandstorm-308.tar.xz
    base_url: http://sandstorm.corp.lan:6080
    wildcard_host: "*.sandstorm.corp.lan:6080"
    resolver:
      - 10.20.0.2

- name: Sandstorm is installed with the single-file binary, on a server without its wildcard name yet
  sandstorm.airgap.airgap_install:
    executable: /opt/sandstorm-airgap/sandstorm-airgap
    tarball: /srv/sandstorm/sandstorm-308.tar.xz
    base_url: http://sandstorm.corp.lan:6080
    wildcard_host: "*.sandstorm.corp.lan:6080"
    waive:
      - dns.wildcard
"""

RETURN = r"""
build:
  description: Build that is installed.
  returned: success
  type: int
  sample: 308
home:
  description: Install directory.
  returned: success
  type: str
  sample: /opt/sandstorm
healthy:
  description: It was seen to be well.
  returned: success
  type: bool
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
setup_link:
  description: See I(return_setup_link).
  returned: when asked for, and the server is new
  type: str
code:
  description: Stable code of the refusal.
  returned: failure
  type: str
  sample: E_PREFLIGHT_FAILED
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
    RELEASE,
    SERVER,
    Tool,
    flags,
    missing_in_check_mode,
)

ARGUMENTS = {
    "tarball": {"type": "path", "required": True},
    "base_url": {"type": "str", "required": True},
    "wildcard_host": {"type": "str", "required": True},
    "install_script": {"type": "path"},
    "port": {"type": "list", "elements": "int"},
    "https_port": {"type": "int"},
    "mongo_port": {"type": "int"},
    "smtp_port": {"type": "int"},
    "bind_ip": {"type": "str"},
    "server_user": {"type": "str"},
    "return_setup_link": {"type": "bool", "default": False},
}

NO_FLAGS = ["tarball", "return_setup_link"]


def main():
    """Ask for an installation, and tell what became of it."""
    module = AnsibleModule(
        argument_spec=dict(ARGUMENTS, **COMMON, **SERVER, **RELEASE),
        required_by={"trust_key": "trust_reason"},
        supports_check_mode=True,
    )
    params = module.params
    if missing_in_check_mode(module, params["tarball"]):
        module.warn("%s is not there yet: no plan could be made" % params["tarball"])
        module.exit_json(changed=True, plan=None, checks=[])

    tool = Tool(module)
    names = [name for name in list(ARGUMENTS) + list(RELEASE) if name not in NO_FLAGS]
    wish = ["--yes"] + tool.dry_run + flags(params, names)
    answer = tool.ask(["install"], wish, [params["tarball"]])

    result = answer.result
    tool.warn_of(result)
    told = {name: result[name] for name in ("build", "home", "healthy", "plan", "checks", "run")}
    told["changed"] = answer.changed or (module.check_mode and result["plan"] is not None)
    if params["return_setup_link"] and result["setupLink"]:
        told["setup_link"] = result["setupLink"]
    if told["changed"]:
        told["diff"] = {
            "before": "",
            "after": "build %s\n%s\n" % (result["build"], result["baseUrl"]),
            "before_header": result["home"],
            "after_header": result["home"],
        }
    module.exit_json(**told)


if __name__ == "__main__":
    main()
