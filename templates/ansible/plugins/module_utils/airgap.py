# Copyright: the sandstorm-airgap authors
# Apache License 2.0 (see LICENSE or https://www.apache.org/licenses/LICENSE-2.0)
"""What the modules share: asking sandstorm-airgap, and telling Ansible what it answered."""

import json
import os

COMMON = {
    "executable": {"type": "path", "default": "sandstorm-airgap"},
    "state_dir": {"type": "path"},
}

SERVER = {
    "home": {"type": "path", "default": "/opt/sandstorm"},
}

RELEASE = {
    "allow_unsigned": {"type": "bool", "default": False},
    "key": {"type": "path", "no_log": False},
    "trust_key": {"type": "str", "no_log": False},
    "trust_reason": {"type": "str"},
    "waive": {"type": "list", "elements": "str", "default": []},
    "resolver": {"type": "list", "elements": "str", "default": []},
    "expect_address": {"type": "str"},
    "stable_for": {"type": "float"},
    "start_timeout": {"type": "float"},
    "staging": {"type": "path"},
}

# Where it lies when it is not on the PATH of a login without a shell.
USUAL_PLACES = ["/usr/local/bin", "/usr/local/sbin", "/opt/sandstorm-airgap"]


class Answer:
    """The one object that the tool prints with --json, and its exit code."""

    def __init__(self, code, told):
        self.exit_code = code
        self.okay = told["ok"]
        self.changed = told["changed"]
        self.result = told["result"]
        self.error = told["error"]


class Tool:
    """The tool on this machine. What it refuses ends the module, unless told otherwise."""

    def __init__(self, module):
        self.module = module
        self.dry_run = ["--dry-run"] if module.check_mode else []
        self.environment = {"SANDSTORM_AIRGAP_JSON": "1"}
        if module.params["state_dir"] is not None:
            self.environment["SANDSTORM_AIRGAP_STATE_DIR"] = module.params["state_dir"]
        self.path = self._find(module.params["executable"])

    def _find(self, executable):
        if os.path.sep in executable:
            found = executable if os.access(executable, os.X_OK) else None
        else:
            found = self.module.get_bin_path(executable, opt_dirs=USUAL_PLACES)
        if found is None:
            self.module.fail_json(
                msg="%s is not on this machine, or may not be run (E_TOOL_MISSING). Next: copy the single-file binary there, "
                "and name it with `executable`" % executable,
                code="E_TOOL_MISSING",
                hint="copy the single-file binary there, and name it with `executable`",
                restored=False,
            )
        return found

    def ask(self, words, options=None, operands=None, stdin=None, refusal_is_data=False):
        """Run one command. `words` are its name, `operands` what comes last, `stdin` a secret or a value."""
        command = [self.path] + words + ["--json", "--no-input"] + (options or [])
        if "home" in self.module.params:
            command.append("--home=" + self.module.params["home"])
        if operands:
            # A value that begins with a dash is no flag.
            command += ["--"] + operands
        code, out, err = self.module.run_command(command, data=stdin, environ_update=self.environment)
        answer = self._read(code, out, err)
        if answer.error is not None and not refusal_is_data:
            self.fail(answer)
        return answer

    def _read(self, code, out, err):
        try:
            return Answer(code, json.loads(out))
        except (ValueError, KeyError, TypeError):
            self.module.fail_json(
                msg="%s gave no answer, exit code %s: %s" % (self.path, code, (err or out).strip()[-2000:]),
                rc=code,
                code="E_TOOL_ANSWER",
                hint="%s --version should print a version" % self.path,
                restored=False,
            )

    def fail(self, answer, **more):
        """End the task with what the tool said, the failed checks with what mends them among it."""
        error = answer.error
        checks = [line for check in standing_in_the_way(answer) for line in check_lines(check)]
        said = ["%s (%s)" % (error["message"], error["code"])] + checks
        if error["hint"]:
            said.append("Next: %s" % error["hint"])
        facts = {
            "msg": "\n".join(said),
            "rc": answer.exit_code,
            "code": error["code"],
            "hint": error["hint"],
            "changed": answer.changed,
            "restored": answer.exit_code == 6,
            "result": answer.result,
        }
        facts.update(more)
        self.module.fail_json(**facts)

    def warn_of(self, result):
        """Say aloud what was let through."""
        for check in result.get("checks") or []:
            if check["waived"]:
                self.module.warn("waived: %s" % "; ".join(check_lines(check)))
            elif check["status"] == "warn":
                self.module.warn("; ".join(check_lines(check)))
        proof = (result.get("plan") or {}).get("proof") or {}
        if proof.get("unsignedAllowed"):
            self.module.warn("the tarball is not signed, and was taken all the same (allow_unsigned)")
        for finding in result.get("findings") or []:
            self.module.warn("sandstorm.conf: %s" % finding["message"])


def flags(params, names):
    """Command-line flags for the parameters of these names that are set: `base_url` is --base-url."""
    made = []
    for name in names:
        value = params[name]
        flag = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            made.append(flag)
        else:
            made += ["%s=%s" % (flag, plain(one)) for one in (value if isinstance(value, list) else [value])]
    return made


def plain(value):
    """A value as people write it: 10 and not 10.0, true and not True."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def standing_in_the_way(answer):
    """The checks because of which it was refused."""
    checks = answer.result.get("checks") if isinstance(answer.result, dict) else None
    return [check for check in checks or [] if check["status"] == "fail" and not check["waived"]]


def check_lines(check):
    """A check as people read it: what was seen, then what mends it."""
    lines = ["%s: %s" % (check["id"], check["lines"][0] if check["lines"] else check["title"])]
    return lines + ["  %s" % line for line in check.get("fix") or []]


def missing_in_check_mode(module, path):
    """A check mode copies nothing to the target, so what is to be read there may not have come yet."""
    return module.check_mode and not os.path.exists(path)
