{{- define "temporal-benchmark.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "temporal-benchmark.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "temporal-benchmark.labels" -}}
{{ include "temporal-benchmark.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "temporal-benchmark.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "temporal-benchmark.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{/* The connection of the control cluster, which is by default that of the target. */}}
{{- define "temporal-benchmark.controlConnection" -}}
{{- ternary .Values.control .Values.target (ne .Values.control.address "") | toYaml -}}
{{- end -}}

{{/* Variables of one connection. Arguments: prefix, connection. Secrets are only referred to. */}}
{{- define "temporal-benchmark.connectionEnv" -}}
{{- $prefix := .prefix -}}
{{- $dir := printf "/etc/benchmark/%s" (lower .prefix | replace "_" "-") -}}
- name: {{ $prefix }}_ADDRESS
  value: {{ .connection.address | quote }}
{{- with .connection.tls }}
{{- if or .enabled .existingSecret }}
- name: {{ $prefix }}_TLS
  value: "true"
{{- end }}
{{- with .serverName }}
- name: {{ $prefix }}_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- if .existingSecret }}
{{- with .caKey }}
- name: {{ $prefix }}_TLS_SERVER_CA_CERT_PATH
  value: {{ printf "%s/%s" $dir . | quote }}
{{- end }}
{{- with .certKey }}
- name: {{ $prefix }}_TLS_CLIENT_CERT_PATH
  value: {{ printf "%s/%s" $dir . | quote }}
{{- end }}
{{- with .keyKey }}
- name: {{ $prefix }}_TLS_CLIENT_KEY_PATH
  value: {{ printf "%s/%s" $dir . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .connection.apiKey }}
{{- if .existingSecret }}
- name: {{ $prefix }}_API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
The spec of a pod. Arguments: root, component, settings (resources, additionalEnv), args, env, restartPolicy, serves (whether
it serves metrics and health).
*/}}
{{- define "temporal-benchmark.pod" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $control := include "temporal-benchmark.controlConnection" .root | fromYaml -}}
{{- $secrets := dict "temporal" $values.target.tls.existingSecret "benchmark-control" $control.tls.existingSecret -}}
serviceAccountName: {{ include "temporal-benchmark.serviceAccount" $root }}
automountServiceAccountToken: {{ ne (len $values.serviceAccount.annotations) 0 }}
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
# Variables of Kubernetes services such as BENCHMARK_METRICS_PORT would be rejected as unknown settings.
enableServiceLinks: false
restartPolicy: {{ .restartPolicy }}
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile:
    type: RuntimeDefault
containers:
  - name: benchmark
    image: "{{ $values.image.repository }}:{{ default $root.Chart.AppVersion $values.image.tag }}"
    imagePullPolicy: {{ $values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      {{- include "temporal-benchmark.connectionEnv" (dict "prefix" "TEMPORAL" "connection" $values.target) | nindent 6 }}
      {{- include "temporal-benchmark.connectionEnv" (dict "prefix" "BENCHMARK_CONTROL" "connection" $control) | nindent 6 }}
      - name: BENCHMARK_CONTROL_NAMESPACE
        value: {{ $values.control.namespace | quote }}
      - name: BENCHMARK_WITH_WORKER
        value: "false"
      - name: BENCHMARK_METRICS_ADDRESS
        value: "0.0.0.0:{{ $values.metrics.port }}"
      {{- with .env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- with .settings.additionalEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- if .serves }}
    ports:
      - name: metrics
        containerPort: {{ $values.metrics.port }}
    # The page is served once every role polls. No probe starts a Node process, which would take CPU time from the generators.
    startupProbe:
      httpGet: { path: /, port: metrics }
      periodSeconds: 5
      failureThreshold: 36
    livenessProbe:
      httpGet: { path: /, port: metrics }
      periodSeconds: 30
      timeoutSeconds: 10
    readinessProbe:
      httpGet: { path: /health, port: metrics }
      periodSeconds: 10
      timeoutSeconds: 5
    {{- end }}
    # Requests equal limits, so that no other pod takes the CPU time of a measurement.
    resources:
      requests:
        {{- toYaml .settings.resources | nindent 8 }}
      limits:
        {{- toYaml .settings.resources | nindent 8 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    volumeMounts:
      - name: data
        mountPath: /data
      {{- range $name, $secret := $secrets }}
      {{- if $secret }}
      - name: {{ $name }}-tls
        mountPath: /etc/benchmark/{{ $name }}
        readOnly: true
      {{- end }}
      {{- end }}
volumes:
  - name: data
    emptyDir: {}
  {{- range $name, $secret := $secrets }}
  {{- if $secret }}
  - name: {{ $name }}-tls
    secret:
      secretName: {{ $secret }}
      defaultMode: 0440
  {{- end }}
  {{- end }}
{{- if eq .component "load" }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          namespaceSelector: {}
          labelSelector:
            matchLabels:
              {{- toYaml $values.antiAffinity.podLabels | nindent 14 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "temporal-benchmark.selector" $root | nindent 8 }}
        app.kubernetes.io/component: load
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "temporal-benchmark.podMetadata" -}}
labels:
  {{- include "temporal-benchmark.labels" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* A Deployment of workers. Arguments: those of temporal-benchmark.pod, and replicas. */}}
{{- define "temporal-benchmark.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "temporal-benchmark.fullname" .root }}-{{ .component }}
  labels:
    {{- include "temporal-benchmark.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  replicas: {{ .replicas }}
  # A full node has no room for an old and a new pod.
  strategy:
    type: Recreate
  selector:
    matchLabels:
      {{- include "temporal-benchmark.selector" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  template:
    metadata:
      {{- include "temporal-benchmark.podMetadata" . | nindent 6 }}
    spec:
      {{- include "temporal-benchmark.pod" . | nindent 6 }}
{{- end -}}

{{/* The spec of the Job of a run. Argument: the root. */}}
{{- define "temporal-benchmark.job" -}}
backoffLimit: {{ .Values.run.backoffLimit }}
{{- if not (kindIs "invalid" .Values.run.ttlSecondsAfterFinished) }}
ttlSecondsAfterFinished: {{ .Values.run.ttlSecondsAfterFinished }}
{{- end }}
podFailurePolicy:
  rules:
    # A pod that was evicted is replaced; the new one continues the run.
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: "True"
    # These exit codes are results of the run, which another attempt would only repeat.
    - action: FailJob
      onExitCodes:
        containerName: benchmark
        operator: In
        values: [98, 99, 104, 105, 111, 112, 113]
template:
  {{- $fields := dict "JOB_UID" "metadata.labels['batch.kubernetes.io/controller-uid']" }}
  {{- $env := list }}
  {{- range $name, $path := $fields }}
  {{- $env = append $env (dict "name" $name "valueFrom" (dict "fieldRef" (dict "fieldPath" $path))) }}
  {{- end }}
  {{- $env = append $env (dict "name" "BENCHMARK_WORKFLOW_ID" "value" "run-$(JOB_UID)") }}
  {{- $env = append $env (dict "name" "BENCHMARK_ATTACH" "value" "true") }}
  {{- $spec := dict "configMapKeyRef" (dict "name" (printf "%s-spec" (include "temporal-benchmark.fullname" .)) "key" "spec.yaml") }}
  {{- $env = append $env (dict "name" "BENCHMARK_SPEC" "valueFrom" $spec) }}
  {{- $args := concat (list "run" "--yes" "-o" "log") .Values.run.options }}
  {{- $pod := dict "root" . "component" "run" "settings" .Values.run "restartPolicy" "Never" "serves" false "args" $args "env" $env }}
  metadata:
    {{- include "temporal-benchmark.podMetadata" $pod | nindent 4 }}
  spec:
    {{- include "temporal-benchmark.pod" $pod | nindent 4 }}
{{- end -}}

{{/* What a ServiceMonitor and a PodMonitor add to the series. */}}
{{- define "temporal-benchmark.relabelings" -}}
# The labels of infra/collector/scrape.yaml.
relabelings:
  - targetLabel: environment
    replacement: {{ .Release.Name | quote }}
  - sourceLabels: [__meta_kubernetes_pod_label_app_kubernetes_io_component]
    targetLabel: task_role
  - sourceLabels: [__meta_kubernetes_pod_name]
    targetLabel: task
{{- end -}}
