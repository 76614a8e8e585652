#!/bin/bash
# Turns the namespaces it is started in into a machine of its own, then runs the command given:
#   unshare --mount --net --pid --fork --mount-proc --kill-child bash private-machine.sh USB COMMAND...
# What is written to the system's folders stays in memory and ends with the namespaces. There is no network;
# a DNS server knows sandstorm.corp.lan and every name below it. USB is the folder seen as /media/usb.
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"
usb="$1"
shift

mount --make-rprivate /
memory="$(mktemp -d)"
mount -t tmpfs -o size=3g,mode=755 memory "$memory"
for folder in /etc /opt /srv /usr/local /var/lib; do
  mkdir -p "$memory$folder/upper" "$memory$folder/work"
  chmod --reference="$folder" "$memory$folder/upper"
  mount -t overlay -o "lowerdir=$folder,upperdir=$memory$folder/upper,workdir=$memory$folder/work" overlay "$folder"
done
mkdir "$memory/media"
mount --bind "$memory/media" /media
mkdir /media/usb
mount --bind "$usb" /media/usb
umount --lazy "$memory"
rmdir "$memory"

ip link set lo up
# The server, and the DNS server of its network.
ip address add 10.20.0.5/24 dev lo
ip address add 10.20.0.2/24 dev lo
dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --bind-interfaces --pid-file= --user=root \
  --listen-address=127.0.0.1,10.20.0.2 --address=/sandstorm.corp.lan/10.20.0.5 --local=/sandstorm.corp.lan/
rm -f /etc/resolv.conf
echo 'nameserver 10.20.0.2' > /etc/resolv.conf
printf '127.0.0.1 localhost\n' > /etc/hosts

"$@"
