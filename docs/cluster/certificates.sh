#!/bin/sh
# A CA and one certificate for scheduler, workers and coordinator: sh certificates.sh DIRECTORY [HOST...]
set -eu
folder=$1; shift
mkdir -p "$folder"; cd "$folder"; umask 077
names=DNS:localhost,IP:127.0.0.1
for host in "$@"; do names=$names,DNS:$host; done
openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj /CN=drapto-ca -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey rsa:3072 -nodes -subj /CN=drapto -keyout node.key -out node.csr 2>/dev/null
printf 'subjectAltName=%s\n' "$names" > node.ext
openssl x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -extfile node.ext -out node.pem 2>/dev/null
rm node.csr node.ext
