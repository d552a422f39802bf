#!/bin/sh
# fetch.sh <folder>: puts the handler that tells API Manager of revoked tokens into the folder: the operator's own of
# ../dropins, else the one of WSO2's Maven repository. Without it a revoked token stays valid at the gateway until it ends,
# so that its absence must be asked for: REVOCATION_NOTICE=off. REVOCATION_JAR_SHA256 says which jar alone is taken.
set -eu
JAR=wso2is.notification.event.handlers-2.0.5.jar
ARTIFACT=org.wso2.km.ext.wso2is:wso2is.notification.event.handlers:2.0.5
here=$(cd "$(dirname "$0")" && pwd)
out=$1
mkdir -p "$out"

if [ "${REVOCATION_NOTICE:-on}" = off ]; then
  echo "REVOCATION_NOTICE=off: revoked tokens stay valid at the gateway until they end." >&2
  exit 0
fi
if [ -f "$here/../dropins/$JAR" ]; then
  cp "$here/../dropins/$JAR" "$out/"
elif ! mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
      "-Dartifact=$ARTIFACT" "-DoutputDirectory=$out" ${MAVEN_ARGUMENTS:-}; then
  echo "$ARTIFACT cannot be had from WSO2's Maven repository. Put $JAR into wso2/is/dropins/," >&2
  echo "or build with REVOCATION_NOTICE=off: then revoked tokens stay valid at the gateway until they end." >&2
  exit 1
fi
if [ -n "${REVOCATION_JAR_SHA256:-}" ] && ! echo "$REVOCATION_JAR_SHA256  $out/$JAR" | sha256sum -c - >/dev/null; then
  echo "$JAR has another SHA-256 than REVOCATION_JAR_SHA256 says: it is not taken." >&2
  rm "$out/$JAR"
  exit 1
fi
sha256sum "$out/$JAR"
