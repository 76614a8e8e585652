# Copyright: the sandstorm-airgap authors
# Apache License 2.0 (see LICENSE or https://www.apache.org/licenses/LICENSE-2.0)
"""What every module of the collection documents alike."""


class ModuleDocFragment:
    """The parameters of plugins/module_utils/airgap.py."""

    DOCUMENTATION = r"""
options:
  executable:
    description:
      - The tool on the target, by its name or its path. The single-file binary needs nothing beside it.
    type: path
    default: sandstorm-airgap
  state_dir:
    description:
      - Where the tool keeps its journals, locks and trusted keys, when not in C(/var/lib/sandstorm-airgap).
    type: path
requirements:
  - sandstorm-airgap on the target
notes:
  - When the tool refuses, the task fails with its words, the stable C(code), the C(hint) with the next command to
    type, and its exit code in C(rc). With C(rc) 6 the previous state was restored, which is also in C(restored);
    with 7 a person must act; with 8 another operation is going on or was interrupted.
"""

    SERVER = r"""
options:
  home:
    description:
      - Install directory of Sandstorm.
    type: path
    default: /opt/sandstorm
"""

    RELEASE = r"""
options:
  allow_unsigned:
    description:
      - Go on when no signature lies beside the tarball. Never with one that is wrong. The task warns of it.
    type: bool
    default: false
  key:
    description:
      - File with the OpenPGP release key, on the target.
    type: path
  trust_key:
    description:
      - Trust the signing key of this name too, and remember it.
    type: str
  trust_reason:
    description:
      - Why I(trust_key) is trusted.
    type: str
  waive:
    description:
      - Preflight checks that may fail, by id. Recorded, and the task warns of each that did fail.
    type: list
    elements: str
    default: []
  resolver:
    description:
      - DNS servers to ask besides the target's own, as clients do.
    type: list
    elements: str
    default: []
  expect_address:
    description:
      - The address that names must have, when it is not one of the target (a proxy).
    type: str
  stable_for:
    description:
      - How many seconds the server must stay well to be called well. The tool takes 30.
    type: float
  start_timeout:
    description:
      - How many seconds the server may take to answer. The tool takes 120.
    type: float
  staging:
    description:
      - Folder for the private copy of the tarball.
    type: path
"""
