"""Give `ansible-test sanity` its virtual environments where no package index can be reached.

It would make one for each test and fetch the requirements, pinned to the digit, from PyPI. Debian has all but a few of
them in other versions, so each environment made here sees the system's packages.

Usage: python3 prime-ansible-test.py HOME TEST...
"""

import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, "/usr/lib/python3/dist-packages")

from ansible_test._internal.commands.sanity import hash_pip_commands
from ansible_test._internal.host_configs import VirtualPythonConfig
from ansible_test._internal.python_requirements import collect_requirements

VERSION = "%d.%d" % sys.version_info[:2]


def environment_of(home, test, minimize):
    """Where ansible-test looks for it, and what it would install."""
    python = VirtualPythonConfig(version=VERSION, path="/usr/bin/python3")
    commands = collect_requirements(
        python=python,
        controller=True,
        virtualenv=False,
        command=None,
        ansible=False,
        cryptography=False,
        coverage=False,
        minimize=minimize,
        sanity=test,
    )
    label = "sanity." + test if commands else "sanity"
    path = os.path.join(home, ".ansible/test/venv", label, VERSION, hash_pip_commands(commands))
    return pathlib.Path(path), [command.serialize() for command in commands]


for name in sys.argv[2:]:
    for smallest in (False, True):
        place, wanted = environment_of(sys.argv[1], name, smallest)
        if place.exists():
            continue
        subprocess.check_call(["/usr/bin/python3", "-m", "venv", "--system-site-packages", "--without-pip", str(place)])
        (place / "meta.install.json").write_text(json.dumps(wanted))
        (place / "meta.yaml.json").write_text("true")
        (place / "marker.txt").touch()
