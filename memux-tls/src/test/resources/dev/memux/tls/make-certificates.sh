#!/bin/sh
# Makes the certificates and keys next to this script, valid for a century, with OpenSSL 3.
# They protect nothing: they are for tests only.
set -eu
cd "$(dirname "$0")"
days=36500
san='DNS:server.test,DNS:*.wild.test,DNS:under_score.test,IP:127.0.0.1,IP:::1'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

authority() { # name, key options
  name=$1; shift
  openssl genpkey "$@" -out "$work/$name.key"
  openssl req -x509 -new -key "$work/$name.key" -sha256 -days $days -subj "/CN=memux test $name" \
    -addext 'basicConstraints=critical,CA:true' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -out "$name.pem"
}

certificate() { # name, authority, extensions, key options
  name=$1; ca=$2; extensions=$3; shift 3
  openssl genpkey "$@" -out "$name.key"
  openssl req -new -key "$name.key" -subj "/CN=memux test $name" -out "$work/$name.csr"
  printf '%b' "$extensions" >"$work/$name.ext"
  openssl x509 -req -in "$work/$name.csr" -CA "$ca.pem" -CAkey "$work/$ca.key" -CAcreateserial \
    -sha256 -days "$days" -extfile "$work/$name.ext" -out "$name.pem" 2>/dev/null
  rm -f "$ca.srl"
}

p256='-algorithm EC -pkeyopt ec_paramgen_curve:P-256'
server="subjectAltName=$san\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"

authority ca $p256
authority ca-rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
authority stranger $p256

certificate p256 ca "$server" $p256
certificate p384 ca "$server" -algorithm EC -pkeyopt ec_paramgen_curve:P-384
certificate ed25519 ca "$server" -algorithm ED25519
certificate rsa ca "$server" -algorithm RSA -pkeyopt rsa_keygen_bits:2048
certificate rsapss ca "$server" -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
certificate rsapss-sha384 ca "$server" -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 \
  -pkeyopt rsa_pss_keygen_md:sha384 -pkeyopt rsa_pss_keygen_mgf1_md:sha384 \
  -pkeyopt rsa_pss_keygen_saltlen:48
certificate by-rsa ca-rsa "$server" $p256
certificate by-stranger stranger "$server" $p256
certificate small-rsa ca "$server" -algorithm RSA -pkeyopt rsa_keygen_bits:1024
certificate p521 ca "$server" -algorithm EC -pkeyopt ec_paramgen_curve:P-521
certificate for-clients ca "subjectAltName=$san\nextendedKeyUsage=clientAuth\n" $p256
certificate for-encryption ca "subjectAltName=$san\nkeyUsage=critical,keyEncipherment\n" \
  -algorithm RSA -pkeyopt rsa_keygen_bits:2048

# A chain: leaf, intermediate (the root is ca.pem).
certificate intermediate ca 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n' \
  $p256
mv intermediate.key "$work/intermediate.key"
certificate leaf intermediate "$server" $p256
cat intermediate.pem >>leaf.pem

# Expired: "openssl x509 -req" cannot set dates, "openssl ca" can.
certificate expired ca "$server" $p256
: >"$work/index.txt"
cat >"$work/ca.conf" <<CONF
[ca]
default_ca=d
[d]
database=$work/index.txt
new_certs_dir=$work
rand_serial=yes
default_md=sha256
policy=p
unique_subject=no
[p]
commonName=supplied
CONF
openssl ca -batch -notext -config "$work/ca.conf" -cert ca.pem -keyfile "$work/ca.key" \
  -in "$work/expired.csr" -extfile "$work/expired.ext" -startdate 20000101000000Z \
  -enddate 20010101000000Z -out expired.pem 2>/dev/null

# The same keys in the older encodings, and encrypted.
openssl ec -in p256.key -out p256-sec1.key 2>/dev/null
openssl rsa -in rsa.key -traditional -out rsa-pkcs1.key 2>/dev/null
openssl pkcs8 -topk8 -in p256.key -passout pass:secret -out p256-encrypted.key
openssl rsa -in rsa.key -traditional -aes128 -passout pass:secret -out rsa-encrypted.key 2>/dev/null
