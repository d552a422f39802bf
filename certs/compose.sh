#!/usr/bin/env bash
# The certificates of the composed platform, each party's where only its own user reads them.
# /certs is the volume that all share; /stores holds the trust stores out of the products' images.
set -euo pipefail
umask 077

printf %s "$WSO2_TRUSTSTORE_PASSWORD" > /tmp/truststore-password
node certs/dist/main.js --folder /certs/all \
  --product-truststore-password-file /tmp/truststore-password \
  --product-truststore /stores/am/client-truststore.jks \
  --product-truststore /stores/is/client-truststore.p12

give() { # party uid files...
  local folder=/certs/$1 uid=$2
  shift 2
  mkdir -p "$folder"
  for file in "$@"; do cp "/certs/all/$file" "$folder/"; done
  chown -R "$uid" "$folder"
}

for party in forex ledger payment profile rule-engine wallet router workers; do
  give "$party" 1000 ca.pem "$party.pem" "$party.key"
done
give web 101 ca.pem web.pem web.key
give wso2am 10001 wso2am.jks truststore.jks
give wso2is 802 wso2is.p12 truststore.p12
mkdir -p /certs/public
cp /certs/all/ca.pem /certs/public/
cp /certs/all/store-password /certs/wso2am/
cp /certs/all/store-password /certs/wso2is/
chown 10001 /certs/wso2am/store-password
chown 802 /certs/wso2is/store-password
chmod 711 /certs
chmod 755 /certs/public
chmod 644 /certs/public/ca.pem
