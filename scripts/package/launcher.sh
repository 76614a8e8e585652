#!/bin/sh
# Starts sandstorm-airgap, and says what is missing where it cannot run. Every start waits for this: on a machine that
# has everything, nothing is run but the tool.
program=@PROGRAM@

cannot() {
  echo "sandstorm-airgap cannot run on this machine: $1" >&2
  [ -z "${2-}" ] || echo "  $2" >&2
  exit 1
}

# Slow and exact: asks the machine. Comes back when nothing is wrong after all.
explain() {
  machine=$(uname -m)
  [ "$machine" = x86_64 ] || cannot "its processor is $machine" 'It is made for x86-64. With Node.js 20.17 or later the npm package runs on others.'
  [ -f "$program" ] || cannot "$program is missing" 'Unpack the whole archive once more, and start it from there.'
  loader=/lib64/ld-linux-x86-64.so.2
  [ -e "$loader" ] || cannot 'it has no glibc' 'It needs the C library of Debian 10, RHEL 8 or later. Alpine and others with musl have another one.'
  said=$("$loader" --list "$program" 2>&1) || :
  case $said in
    *"version \`GLIBC_"*)
      has=$(getconf GNU_LIBC_VERSION 2> /dev/null) || has='too old'
      cannot "its C library is too old ($has)" 'It needs glibc 2.28 or later, as Debian 10, Ubuntu 20.04 and RHEL 8 have it.' ;;
    *"version \`GLIBCXX_"* | *"version \`CXXABI_"*)
      cannot 'its libstdc++ is too old' 'It needs the one of GCC 7 or later: Debian 10, Ubuntu 20.04, RHEL 8.' ;;
    *'libstdc++.so.6 => not found'* | *'libstdc++.so.6: cannot open'*)
      cannot 'libstdc++.so.6 is missing' 'Debian, Ubuntu: apt-get install libstdc++6.  RHEL, Fedora: dnf install libstdc++.' ;;
    *'not found'* | *'cannot open shared object file'*)
      cannot 'a library is missing' "$said" ;;
  esac
  [ -r "$program" ] || cannot "$program may not be read" 'Give everybody the right to read and run it: chmod a+rx.'
  # Not all shells know a filesystem's noexec when they are root: they look at the file alone.
  [ "${1-}" = refused ] || [ ! -x "$program" ] || return 0
  case $(ls -ld "$program") in
    -??x*) cannot "${program%/*} lies on a filesystem mounted with noexec" 'Copy the folder to where programs may be run, such as /opt or /usr/local/lib.' ;;
    *) cannot "$program is not executable" "chmod a+rx $program" ;;
  esac
}

# In those before glibc 2.34 the version is in the name of the file.
libc=none
for library in /lib/x86_64-linux-gnu/libc-2.*.so /lib64/libc-2.*.so; do
  [ ! -e "$library" ] || libc=${library##*/libc-2.}
done
case ${libc%.so} in
  none | 2[89] | 3[0-9]) ;;
  *) explain ;;
esac
for library in /usr/lib/x86_64-linux-gnu/libstdc++.so.6 /usr/lib64/libstdc++.so.6 none; do
  [ ! -e "$library" ] || break
done
[ "$library" != none ] && [ -e /lib64/ld-linux-x86-64.so.2 ] && [ -x "$program" ] || explain

# What Node does with these it does before the program can see to it; it looks after all others itself.
unset NODE_REPL_EXTERNAL_MODULE NODE_V8_COVERAGE
# A shell that cannot run a program ends, and does this.
trap 'explain refused' EXIT
exec "$program" "$@"
