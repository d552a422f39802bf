{{- define "corridor.labels" -}}
app.kubernetes.io/name: corridor
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "corridor.selector" -}}
app.kubernetes.io/name: corridor
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "corridor.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* One pod of a part: .root, .name, .entry, .role (router, subgraph, worker), .port (none for workers), .resources */}}
{{- define "corridor.pod" -}}
metadata:
  labels:
    {{- include "corridor.labels" . | nindent 4 }}
    corridor.dev/role: {{ .role }}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    fsGroup: 1000
    seccompProfile: { type: RuntimeDefault }
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "corridor.selector" . | nindent 10 }}
  containers:
    - name: {{ .name }}
      image: {{ include "corridor.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [{{ .entry | quote }}]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      envFrom:
        - secretRef:
            name: {{ .root.Values.secrets.environmentPrefix }}{{ .name }}
      env:
        - name: HOST
          value: "0.0.0.0"
        {{- if .port }}
        - name: PORT
          value: {{ .port | quote }}
        {{- end }}
        - name: OPERATIONS_HOST
          value: "0.0.0.0"
        - name: OPERATIONS_PORT
          value: {{ .root.Values.operations.port | quote }}
        - name: TLS_CERT_FILE
          value: /tls/tls.crt
        - name: TLS_KEY_FILE
          value: /tls/tls.key
        - name: TLS_CA_FILE
          value: /tls/ca.crt
        - name: NODE_EXTRA_CA_CERTS
          value: /tls/ca.crt
        {{- range $name, $subgraph := .root.Values.subgraphs }}
        - name: {{ $name | upper | replace "-" "_" }}_URL
          value: "https://{{ $.root.Release.Name }}-{{ $name }}:{{ $subgraph.port }}/graphql"
        {{- end }}
        {{- if eq .role "router" }}
        - name: SUBGRAPH_URLS
          value: {{ include "corridor.subgraphUrls" .root | quote }}
        - name: STATUS_URLS
          value: {{ include "corridor.statusUrls" .root | quote }}
        - name: TRUSTED_PROXIES
          value: {{ .root.Values.router.trustedProxies | default (ternary "1" "0" .root.Values.router.ingress.enabled) | quote }}
        {{- end }}
        {{- range $name, $value := .root.Values.environment }}
        {{- if $value }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
        {{- end }}
      ports:
        - name: operations
          containerPort: {{ .root.Values.operations.port }}
        {{- if .port }}
        - name: graphql
          containerPort: {{ .port }}
        {{- end }}
      {{- if .port }}
      startupProbe:
        {{- include "corridor.probe" (dict "root" .root "name" .name "port" .port "path" "/health") | nindent 8 }}
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        {{- include "corridor.probe" (dict "root" .root "name" .name "port" .port "path" "/ready") | nindent 8 }}
        periodSeconds: 5
        timeoutSeconds: 4
      livenessProbe:
        {{- include "corridor.probe" (dict "root" .root "name" .name "port" .port "path" "/health") | nindent 8 }}
        periodSeconds: 10
        timeoutSeconds: 4
        failureThreshold: 3
      {{- else }}
      startupProbe:
        httpGet: { path: /health, port: operations }
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        httpGet: { path: /ready, port: operations }
        periodSeconds: 5
        timeoutSeconds: 4
      livenessProbe:
        httpGet: { path: /health, port: operations }
        periodSeconds: 10
        timeoutSeconds: 4
        failureThreshold: 3
      {{- end }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        - { name: tls, mountPath: /tls, readOnly: true }
        - { name: tmp, mountPath: /tmp }
  volumes:
    - name: tls
      secret:
        secretName: {{ .root.Values.secrets.tlsPrefix }}{{ .name }}
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
{{- end }}

{{/* The kubelet has no client certificate: the part asks itself, with its own. */}}
{{- define "corridor.probe" -}}
exec:
  command: [node, deploy/ready.mjs, "https://{{ .root.Release.Name }}-{{ .name }}:{{ .port }}{{ .path }}"]
{{- end }}

{{- define "corridor.subgraphUrls" -}}
{{- $urls := dict -}}
{{- range $name, $subgraph := .Values.subgraphs -}}
{{- $_ := set $urls $name (printf "https://%s-%s:%v/graphql" $.Release.Name $name $subgraph.port) -}}
{{- end -}}
{{- toJson $urls -}}
{{- end }}

{{/* Where parts tell of themselves, by the name of their service. Of several replicas any one answers. */}}
{{- define "corridor.statusUrls" -}}
{{- $urls := dict -}}
{{- range $name, $_ := .Values.subgraphs -}}
{{- $_ := set $urls (printf "%s-service" $name) (printf "http://%s-%s:%v" $.Release.Name $name $.Values.operations.port) -}}
{{- end -}}
{{- range $name, $_ := .Values.workers -}}
{{- $_ := set $urls $name (printf "http://%s-%s:%v" $.Release.Name $name $.Values.operations.port) -}}
{{- end -}}
{{- toJson $urls -}}
{{- end }}
