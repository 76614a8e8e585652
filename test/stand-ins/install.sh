#!/bin/bash
# Stands in for Sandstorm's install.sh: asks the same questions in the same order, honours and ignores the
# same variables, fails in the same ways and leaves the same mess. It downloads nothing.
#
# For rehearsals and tests:
#   STAND_IN_MACHINE_ROOT  folder that takes everything meant for outside HOME; no account, no service manager,
#                          nothing needs root, and the server is started directly
#   STAND_IN_INIT          systemd | sysvinit | unknown, instead of what this machine has
#   STAND_IN_SPELLING      io (default) | org: older and newer scripts name different domains
#   STAND_IN_MONGO_PORT, STAND_IN_SMTP_PORT   instead of the fixed ones of a typical install, where those are
#                          taken by the server this machine already has
set -euo pipefail

MACHINE_ROOT="${STAND_IN_MACHINE_ROOT:-}"
DOMAIN="sandstorm.${STAND_IN_SPELLING:-io}"
DOCS="https://docs.sandstorm.io/en/latest"
ME="$0"
ARGUMENTS=("$@")
OWN_FOLDERS=(log pid mongo sandstorm/apps sandstorm/grains sandstorm/downloads)

defaults_taken=no external=no prefer_root=yes as_root=no port_given=6080 bundle="" init="unknown"
use_sandcats=no dev_accounts=false started=no start_by_hand=yes server_user="" create_user="${CREATE_SERVER_USER:-}"

# ---- talking ----

say() { printf '%s\n' "$@"; }

red() {
  printf '\033[0;31m' >&2
  say "$*" | fold -s >&2
  printf '\033[0m' >&2
}

# fail TEXT: the E_ code of the contract is only ever sent in a report, never shown.
fail() {
  [[ "${banner:-yes}" == no ]] || { say "*** INSTALLATION FAILED ***" >&2; say ""; }
  red "$*"
  say "" >&2
  if [[ "${REPORT:-yes}" == yes ]]; then offer_report; fi
  say "You can report bugs at: http://github.com/sandstorm-io/sandstorm" >&2
  exit 1
}

offer_report() {
  local team="the sandstorm.io team"
  [[ "$DOMAIN" == *.io ]] || team="the Sandstorm team"
  defaults_taken=no
  if yes_no "Hmm, installation failed. Would it be OK to send an anonymous error report to $team so we know something is wrong?
It would only contain this error code: ${code:-E_UNKNOWN}" yes; then
    say "Sending problem report..." >&2
    red "Submitting error report failed. Maybe there is a connectivity problem."
  else
    say "Not sending report." >&2
  fi
  say ""
}

# ask QUESTION DEFAULT -> the answer on stdout. Answers come from a duplicate of stdout, not from stdin.
ask() {
  if [[ $defaults_taken == yes ]]; then say "$2"; return; fi
  printf '\033[1m%s [%s]\033[0m ' "$1" "$2" >&3
  local reply
  # Without a terminal to read from, nothing is set and nothing is said: callers that insist ask for ever.
  read -r -u 3 reply 2> /dev/null || [[ -v reply ]] || return 0
  say "${reply:-$2}"
}

number() {
  local value
  until value="$(ask "$@")"; [[ "$value" =~ ^[0-9]+$ ]]; do
    say "You entered '$value'. Please enter a number." >&3
  done
  say "$value"
}

yes_no() {
  while :; do
    case "$(ask "$@")" in
      y | Y | yes | YES | Yes) return 0 ;;
      n | N | no | NO | No) return 1 ;;
    esac
    say '*** Please answer "yes" or "no".'
  done
}

taken() { timeout 1 bash -c ": < /dev/tcp/$1/$2" 2> /dev/null; }

# ---- before the questions ----

usage() {
  cat >&2 << TEXT
usage: $ME [-d] [-e] [-i] [-p PORT_NUMBER] [-u] [<bundle>]
A <bundle> is a release file like 'sandstorm-123.tar.xz'; without one a release would be downloaded.
-d takes defaults for app development, -e listens on an external interface, -i is ignored,
-p gives the default HTTP port, -u does without root.
TEXT
  exit 1
}

read_arguments() {
  local option
  while getopts ":deiup:" option; do
    case $option in
      d) defaults_taken=yes ;;
      e) external=yes ;;
      i) ;;
      u) prefer_root=no ;;
      p) port_given="$OPTARG" ;;
      *) usage ;;
    esac
  done
  shift $((OPTIND - 1))
  if (($# == 1)) && [[ "$1" != -* ]]; then bundle="$1"; elif (($# != 0)); then usage; fi
}

look_at_machine() {
  if [[ $defaults_taken == no && ! -t 1 ]]; then
    REPORT=no fail "This script is interactive. Please run it on a terminal."
  fi
  exec 3<&1
  [[ "$(uname -m)" == x86_64 ]] ||
    code=E_NON_X86_64 fail "Sorry, the Sandstorm server currently only runs on x86_64 machines."
  if [[ "$(id -u)" == 0 || -n "$MACHINE_ROOT" ]]; then as_root=yes; fi
  local tool
  [[ -n "$bundle" ]] || needs curl "Please install curl(1). Sandstorm uses it to download updates."
  needs tar "Please install tar(1)."
  needs xz "Please install xz(1). (Package may be called 'xz-utils'.)"
}

needs() { command -v "$1" > /dev/null || code="E_${1^^}_MISSING" fail "$2"; }

look_at_bundle() {
  [[ -n "$bundle" ]] || return 0
  local first
  first="$( (tar Jtf "$bundle" || true) | head -n 1)"
  [[ "$first" =~ sandstorm-([0-9]+)/ ]] || code=E_INVALID_BUNDLE fail "$bundle: Not a valid Sandstorm bundle"
  build="${BASH_REMATCH[1]}"
  bundle="$(readlink -f "$bundle")"
}

find_init() {
  if [[ -n "${STAND_IN_INIT:-}" ]]; then
    init="$STAND_IN_INIT"
  elif grep -q systemd /proc/1/comm; then
    init=systemd
  elif [[ -e /etc/init.d ]]; then
    init=sysvinit
  fi
}

# ---- which kind of installation ----

default_dir() {
  if [[ $as_root == yes ]]; then say "${OVERRIDE_SANDSTORM_DEFAULT_DIR:-/opt/sandstorm}"
  else say "${OVERRIDE_SANDSTORM_DEFAULT_DIR:-${HOME:-opt}/sandstorm}"; fi
}

again_as_root() {
  say "Re-running script as root..."
  exec sudo "$@" bash "$ME" "${ARGUMENTS[@]}"
}

choose_mode() {
  printf 'Sandstorm makes it easy to run web apps on your own server. '
  local mode="${CHOSEN_INSTALL_MODE:-}"
  if [[ $defaults_taken == yes ]]; then mode="${mode:-development}"; fi
  if [[ $prefer_root == no ]]; then
    say "" "NOTE: Showing you all options, including development options, but omitting " \
      "      init script automation, because you chose to install without using root."
    mode="${mode:-development}"
  fi
  if [[ -z "$mode" ]]; then
    say "You can have:" "" "1. A typical install, to use Sandstorm (press enter to accept this default)" \
      "2. A development server, for working on Sandstorm itself or localhost-based app development" ""
    mode="$(number "How are you going to use this Sandstorm install?" 1)"
  fi
  case "$mode" in
    production | 1) typical_install ;;
    *) development_install ;;
  esac
}

announce() {
  say "We're going to:" "" "* Install Sandstorm in $(default_dir)" "* Automatically keep Sandstorm up-to-date" \
    "* Create a service user (${OVERRIDE_SANDSTORM_DEFAULT_SERVER_USER:-sandstorm}) that owns Sandstorm's files"
  if [[ $init == unknown ]]; then
    say "*** WARNING: Could not detect how to run Sandstorm at startup on your system. ***"
  else
    say "* Configure Sandstorm to start on system boot (with $init)"
  fi
  say "* Listen for inbound email on port $1." ""
}

typical_install() {
  needs openssl "Please install openssl(1). Sandstorm uses it for the Sandcats.io dynamic DNS service."
  [[ $prefer_root == yes ]] || REPORT=no fail \
    "The automatic setup process requires sudo. Try again with option 2, development server, to customize."
  if [[ $defaults_taken == yes ]]; then
    # A reservation token would need the internet, so -d never gets further here.
    code=E_USE_DEFAULTS_NEEDS_DESIRED_SANDCATS_NAME fail "For now, USE_DEFAULTS for full server installs requires" \
      "a DESIRED_SANDCATS_NAME variable. If you need support for non-sandcats full-server unattended installs," \
      "please file a bug."
  fi

  local smtp=25 accepted="${ACCEPTED_FULL_SERVER_INSTALL:-}" crowded=no
  # An ordinary person's rehearsal cannot have a port below 1024.
  if [[ "$(id -u)" != 0 ]] || taken 0.0.0.0 25 || taken 127.0.0.1 25; then smtp=30025; fi
  if [[ "${RERUNNING_AS_ROOT:-}" != yes ]]; then
    if taken 0.0.0.0 80 || taken 0.0.0.0 443; then crowded=yes; fi
    announce "$smtp"
    if [[ $as_root == yes ]]; then say "Rest assured that Sandstorm itself won't run as root."
    else say "To set up Sandstorm, we will need to use sudo."; fi
    if [[ -z "$accepted" ]]; then
      if yes_no "OK to continue?" yes; then accepted=yes; else accepted=no; fi
    fi
    if [[ $accepted == yes && $crowded == yes ]]; then
      say "" "NOTE: It looks like your system already has some other web server installed" \
        "      (port 80 and/or 443 are taken), so Sandstorm cannot act as your main" "      web server." ""
      yes_no "OK to skip automatic HTTPS setup & bind to port $port_given instead?" yes ||
        code=E_USER_REFUSED_DEFAULT_PORT fail "Exiting now. You can re-run the installer whenever you are ready."
    fi
    if [[ $as_root == no ]]; then
      # Most of the environment is lost on the way.
      [[ $accepted == no ]] || again_as_root CHOSEN_INSTALL_MODE=production ACCEPTED_FULL_SERVER_INSTALL=yes \
        RERUNNING_AS_ROOT=yes DESIRED_SANDCATS_NAME="${DESIRED_SANDCATS_NAME:-}"
      code=E_DECLINED_AUTO_SETUP_DETAILS fail "For a customized install, please re-run install.sh, and choose" \
        "option (2) to do a development install."
    fi
  fi
  [[ $accepted == yes ]] || REPORT=no fail \
    "If you prefer a more manual setup experience, try installing in development mode."

  UPDATE_CHANNEL=dev external=yes use_sandcats=yes START_AT_BOOT=yes
  DIR="$(default_dir)" DESIRED_SERVER_USER="${OVERRIDE_SANDSTORM_DEFAULT_SERVER_USER:-sandstorm}"
  PORT="$port_given" MONGO_PORT="${STAND_IN_MONGO_PORT:-6081}" SMTP_LISTEN_PORT="${STAND_IN_SMTP_PORT:-$smtp}"
}

development_install() {
  if [[ $prefer_root == yes && $as_root == no ]]; then
    say "If you want app developer mode for a Sandstorm install, you need root" \
      "due to limitations in the Linux kernel." ""
    if [[ $defaults_taken == no ]] && yes_no "OK to continue?" yes; then
      again_as_root CHOSEN_INSTALL_MODE=development
    fi
    banner=no REPORT=no fail "
One development feature does require root. To install anyway, run:

install.sh -u

to install without using root access. In that case, Sandstorm will operate OK but package tracing ('spk dev') will not work."
  fi
  if [[ $defaults_taken == no && $prefer_root == yes ]]; then
    announce 30025
    say "* Expose the service only on localhost aka local.$DOMAIN, not the public Internet." \
      "* Enable 'dev accounts', for easy developer login." ""
    if yes_no "Press enter to accept defaults. Type 'no' to customize." yes; then
      defaults_taken=yes
    else
      say "" "OK. We will prompt you with every question." ""
    fi
  fi
  [[ $defaults_taken == yes ]] || return 0
  UPDATE_CHANNEL=dev SMTP_LISTEN_PORT=30025 START_AT_BOOT=yes PORT="$port_given" dev_accounts=yes
  SS_HOSTNAME="${SS_HOSTNAME:-local.$DOMAIN}"
}

# ---- the questions ----

choose_reach() {
  if [[ $external == no ]] && ! yes_no "Expose to localhost only?" yes; then external=yes; fi
}

choose_dir() {
  DIR="${DIR:-$(ask "Where would you like to put Sandstorm?" "$(default_dir)")}"
  if [[ -e "$DIR/sandstorm.conf" || -e "$DIR/var" || -e "$DIR/sandstorm" ]]; then
    red ""
    red "This script is trying to install to ${DIR}."
    red ""
    red "You seem to already have a ${DIR} directory with a Sandstorm installation inside. Reconfigure that one" \
      "(${DIR}/sandstorm.conf), uninstall it first, or use a different directory."
    REPORT=no fail \
      "Please try one of the above. Contact https://groups.google.com/d/forum/sandstorm-dev for further help."
  fi
  mkdir -p "$DIR"
  cd "$DIR"
}

choose_smtp() {
  SMTP_LISTEN_PORT="${SMTP_LISTEN_PORT:-$(number \
    "Sandstorm grains can receive email. What port should Sandstorm listen on, for inbound SMTP?" 30025)}"
}

choose_user() {
  local add_sudo_user=yes
  if [[ $as_root == no ]]; then
    server_user="$(id -un)"
  elif [[ -n "${DESIRED_SERVER_USER:-}" ]]; then
    server_user="$DESIRED_SERVER_USER" create_user=yes add_sudo_user=no
  else
    while server_user="$(ask "Local user account to run server under:" sandstorm)"; [[ "$server_user" == root ]]; do
      say "Sandstorm cannot run as root!"
    done
  fi
  if id "$server_user" > /dev/null 2>&1 || [[ -n "$MACHINE_ROOT" ]]; then return 0; fi

  if [[ "$create_user" != yes ]] && yes_no "User account '$server_user' doesn't exist. Create it?" yes; then
    create_user=yes
  fi
  [[ "$create_user" == yes ]] || return 0
  useradd --system --user-group "$server_user"
  say "Note: Sandstorm's storage will only be accessible to the group '$server_user'."
  if [[ $add_sudo_user == yes && -n "${SUDO_USER:-}" ]] &&
    yes_no "Add user '$SUDO_USER' to group '$server_user'?" no; then
    usermod -a -G "$server_user" "$SUDO_USER"
  fi
}

choose_updates() {
  [[ -z "${UPDATE_CHANNEL:-}" ]] || return 0
  if yes_no "Automatically keep Sandstorm updated?" yes; then UPDATE_CHANNEL=dev; else UPDATE_CHANNEL=none; fi
}

choose_dev_accounts() {
  if [[ $dev_accounts == yes || $external == yes ]]; then return 0; fi
  say "Sandstorm supports 'dev accounts', a feature that lets anyone log in" \
    "as admin and other sample users to a Sandstorm server."
  if yes_no "Enable dev accounts?" yes; then dev_accounts=yes; fi
}

# Keys first, the question afterwards: an interruption here already leaves `var` behind.
choose_sandcats() {
  say "As a Sandstorm user, you are invited to use a free Internet hostname as a subdomain of sandcats.io."
  if [[ ! -f var/sandcats/id_rsa.private_combined ]]; then
    mkdir -p var
    mkdir -m 0700 var/sandcats
    openssl genpkey -algorithm ED25519 -out var/sandcats/id_rsa 2> /dev/null
    openssl pkey -in var/sandcats/id_rsa -pubout -out var/sandcats/id_rsa.pub
    cat var/sandcats/id_rsa{,.pub} > var/sandcats/id_rsa.private_combined
    chmod 0640 var/sandcats/id_rsa{,.pub,.private_combined}
    if [[ "$(id -u)" == 0 ]] && id "$server_user" > /dev/null 2>&1; then chown -R "$server_user": var/sandcats; fi
  fi
  local name="${DESIRED_SANDCATS_NAME:-}"
  until [[ "$name" == none ]]; do
    if [[ "$name" =~ ^[0-9a-zA-Z-]{1,20}$ && "$name" != help ]]; then
      ask "Enter your email address:" "" > /dev/null
      say "Registering your domain."
      # Without internet there is no answer but an empty one.
      touch var/sandcats/register-log
      chmod 0640 var/sandcats/register-log
      red ""
    fi
    say "Choose your desired Sandcats subdomain (alphanumeric, max 20 characters)." \
      "Type the word none to skip this step, or help for help."
    name="$(ask "What *.sandcats.io subdomain would you like?" "")"
  done
}

choose_names() {
  if [[ $use_sandcats == yes ]]; then choose_sandcats; fi
  if [[ -z "${PORT:-}" ]]; then
    while PORT="$(number "Server main HTTP port:" "$port_given")"; ((PORT < 1024)); do
      say "Ports below 1024 require root privileges. Sandstorm does not run as root."
    done
  fi
  local after=$((PORT + 1))
  if ((PORT < 1024)); then after=6081; fi
  MONGO_PORT="${MONGO_PORT:-$(number "Database port (choose any unused port):" "$after")}"

  if [[ $external == yes ]]; then
    BIND_IP=0.0.0.0 SS_HOSTNAME="${SS_HOSTNAME:-$(hostname -f 2> /dev/null || hostname)}"
  else
    BIND_IP=127.0.0.1 SS_HOSTNAME="local.$DOMAIN"
  fi
  local suffix=":$PORT"
  if [[ $PORT == 80 ]]; then suffix=""; fi
  BASE_URL="$(ask "URL users will enter in browser:" "http://$SS_HOSTNAME$suffix")"
  if [[ ! "$BASE_URL" =~ ^https?:// ]]; then
    say "** You entered ${BASE_URL}, which needs http:// at the front. I can use:" "        http://$BASE_URL" >&2
    if yes_no "Is this OK?" yes; then BASE_URL="http://$BASE_URL"; else choose_names; return; fi
  fi
  choose_wildcard
}

choose_wildcard() {
  local usual="" rest="${BASE_URL#*://}"
  case "$BASE_URL" in
    # Names below localhost do not exist everywhere.
    http://localhost | http://localhost[:/]*)
      usual="${rest%%/*}"
      usual="*.local.$DOMAIN${usual#localhost}"
      ;;
    *) if [[ "${rest%/}" != */* ]]; then usual="${DEFAULT_WILDCARD:-*.${rest%/}}"; fi ;;
  esac
  [[ $defaults_taken == yes ]] ||
    say "Sandstorm requires you to set up a wildcard DNS entry pointing at the server." \
      "Please enter a DNS hostname containing a '*' which maps to your server."
  while WILDCARD_HOST="$(ask "Wildcard host:" "$usual")"; [[ ! "$WILDCARD_HOST" =~ ^[^*]*[*][^*]*$ ]]; do
    red "Invalid wildcard host. It must contain exactly one asterisk."
  done
}

# ---- what it does ----

# Before the bundle is opened: whatever goes wrong from here on makes the next run refuse.
write_conf() {
  SERVER_USER="$server_user" ALLOW_DEV_ACCOUNTS="$dev_accounts"
  local key
  for key in SERVER_USER PORT MONGO_PORT BIND_IP BASE_URL WILDCARD_HOST UPDATE_CHANNEL ALLOW_DEV_ACCOUNTS \
    SMTP_LISTEN_PORT; do
    say "$key=${!key}"
  done > sandstorm.conf
  say "" "Config written to $PWD/sandstorm.conf."
}

unpack() {
  if [[ -z "$bundle" ]]; then
    say "Finding latest build for dev channel..."
    exit 6
  fi
  folder="sandstorm-$build"
  if [[ $build == 0 ]]; then folder="sandstorm-custom.$(date +'%Y-%m-%d_%H-%M-%S')"; fi
  rm -rf "$folder"
  mkdir "$folder"
  (cd "$folder" && tar Jxof "$bundle" --strip=1)
}

make_folders() {
  group=""
  # A rehearsal has no such account.
  if [[ -z "$MACHINE_ROOT" ]]; then group="$(id -g "$server_user")"; fi
  mkdir -p var/sandstorm
  (cd var && mkdir -p "${OWN_FOLDERS[@]}")
  ln -sfT "$folder" latest
  ln -sfT "latest/sandstorm" sandstorm
  if [[ -n "$MACHINE_ROOT" ]]; then printf '%s' "$MACHINE_ROOT" > var/.stand-in-machine-root; fi
}

make_token() {
  [[ $dev_accounts == no || $dev_accounts == false ]] || return 0
  if [[ -z "${ADMIN_TOKEN:-}" ]]; then
    ADMIN_TOKEN="$(./sandstorm admin-token --quiet)"
    return
  fi
  local draft
  draft="$(mktemp ./var/sandstorm/adminTokenTmp.XXXXXXXXXX)"
  printf '%s' "$ADMIN_TOKEN" > "$draft"
  mv "$draft" var/sandstorm/adminToken
  chmod 0640 var/sandstorm/adminToken
  if [[ -z "$MACHINE_ROOT" ]]; then chgrp "$server_user" var/sandstorm/adminToken; fi
}

set_owners() {
  if [[ $as_root == no || -n "$MACHINE_ROOT" ]]; then return 0; fi
  cd var
  chown -R "$server_user:$group" "${OWN_FOLDERS[@]}"
  chown "root:$group" sandstorm "${OWN_FOLDERS[@]}"
  chmod -R g=rwX,o= sandstorm "${OWN_FOLDERS[@]}"
  cd ..
}

link_commands() {
  [[ $as_root == yes ]] || return 0
  local bin="$MACHINE_ROOT/usr/local/bin"
  mkdir -p "$bin"
  if ! ln -sfT "$PWD/sandstorm" "$bin/sandstorm" || ! ln -sfT "$PWD/sandstorm" "$bin/spk"; then
    say "" "*** WARNING: /usr/local/bin was not writeable. To run sandstorm or spk manually, use:" \
      " - $PWD/sandstorm" " - $PWD/sandstorm spk" ""
  fi
}

set_up_service() {
  if [[ $as_root == no ]]; then START_AT_BOOT=no; fi
  if [[ -z "${START_AT_BOOT:-}" ]] && yes_no "Start sandstorm at system boot (using $init)?" yes; then
    START_AT_BOOT=yes
  fi
  [[ "${START_AT_BOOT:-}" == yes ]] || return 0
  case "$init" in
    systemd) write_unit ;;
    sysvinit) write_init_script ;;
    *) say "Note: I don't know how to set up sandstorm to auto-run at startup on" "  your system. :(" "" ;;
  esac
  if [[ $init != unknown || -n "$MACHINE_ROOT" ]]; then start_service; fi
}

start_service() {
  local verb
  start_by_hand=no started=yes
  if [[ -n "$MACHINE_ROOT" ]]; then
    ./sandstorm start
  elif [[ $init == systemd ]]; then
    for verb in enable start; do systemctl "$verb" sandstorm; done
  else
    if command -v update-rc.d > /dev/null; then update-rc.d sandstorm defaults; fi
    service sandstorm start
  fi
}

write_unit() {
  if [[ -z "$MACHINE_ROOT" ]] && systemctl cat sandstorm > /dev/null 2>&1; then
    systemctl stop sandstorm || :
  fi
  local dir
  for dir in /etc/systemd/system /run/systemd/system /usr/lib/systemd/system; do
    rm -f "$MACHINE_ROOT$dir/sandstorm.service"
  done
  mkdir -p "$MACHINE_ROOT/etc/systemd/system"
  say "[Unit]" "Description=Sandstorm server" "After=local-fs.target remote-fs.target network-online.target" \
    "Requires=local-fs.target remote-fs.target" "Wants=network-online.target" "" \
    "[Service]" "Type=forking" "ExecStart=$PWD/sandstorm start" "ExecStop=$PWD/sandstorm stop" "" \
    "[Install]" "WantedBy=multi-user.target" > "$MACHINE_ROOT/etc/systemd/system/sandstorm.service"
}

write_init_script() {
  local script="$MACHINE_ROOT/etc/init.d/sandstorm"
  if [[ -z "$MACHINE_ROOT" && -e "$script" ]]; then service sandstorm stop || :; fi
  mkdir -p "$MACHINE_ROOT/etc/init.d"
  say "#! /bin/bash" "### BEGIN INIT INFO" "# Provides:          sandstorm" \
    "# Required-Start:    \$local_fs \$remote_fs \$networking \$syslog" \
    "# Required-Stop:     \$local_fs \$remote_fs \$networking \$syslog" "# Default-Start:     2 3 4 5" \
    "# Default-Stop:      0 1 6" "# Short-Description: starts Sandstorm personal cloud server" \
    "### END INIT INFO" "" "DESC=\"Sandstorm server\"" "DAEMON=$PWD/sandstorm" "" \
    'exec -a "service sandstorm" $DAEMON "$@"' > "$script"
  chmod +x "$script"
}

# A port that answers is all it waits for, whoever holds it.
wait_for_port() {
  [[ $started == yes ]] || return 0
  printf 'Your server is coming online. Waiting up to 90 seconds...'
  local quarter
  for quarter in {1..360}; do
    if taken "$BIND_IP" "${HTTPS_PORT:-$PORT}"; then say ""; return; fi
    ((quarter % 4)) || printf '.'
    sleep 0.25
  done
  code=E_NEVER_LISTENED fail "Your server never started listening."
}

finish() {
  say ""
  if [[ $start_by_hand == yes ]]; then
    say "Installation complete. To start your server now, run:" "  $DIR/sandstorm start" \
      "Once that's done, visit this link to start using it:"
  else
    say "Your server is now online! Visit this link to start using it:"
  fi
  if [[ -n "${ADMIN_TOKEN:-}" ]]; then
    say "" "  $BASE_URL/setup/token/$ADMIN_TOKEN" "" \
      "NOTE: This URL expires in 15 minutes. You can generate a new setup URL by running" \
      "'sudo sandstorm admin-token' from the command line."
  else
    say "" "  $BASE_URL/"
  fi
  say "" "To learn how to control the server, run:" "  sandstorm help"
}

umask 0022
read_arguments "$@"
look_at_machine
look_at_bundle
find_init
choose_mode
choose_reach
choose_dir
choose_smtp
choose_user
choose_updates
choose_dev_accounts
choose_names
write_conf
unpack
make_folders
make_token
set_owners
link_commands
set_up_service
wait_for_port
finish
