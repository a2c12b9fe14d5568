{{/* A Job cannot be changed: its name has a hash of all its pod is. Takes root, service, component, job, args. */}}
{{- define "mentorship.job" -}}
{{- $pod := include "mentorship.jobPod" . }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "mentorship.name" .root }}-{{ .job }}-{{ sha256sum $pod | trunc 8 }}
  labels: {{- include "mentorship.labels" . | nindent 4 }}
spec:
  backoffLimit: 10
  activeDeadlineSeconds: 3600
  ttlSecondsAfterFinished: {{ .root.Values.jobs.ttlSecondsAfterFinished }}
  template: {{- $pod | nindent 4 }}
{{ end }}

{{- define "mentorship.jobPod" -}}
metadata:
  labels: {{- include "mentorship.podLabels" . | nindent 4 }}
  annotations:
    checksum/settings: {{ include "mentorship.settings" . | sha256sum }}
spec:
  {{- include "mentorship.restricted" . | nindent 2 }}
  restartPolicy: OnFailure
  containers:
    - name: {{ .job }}
      image: {{ include "mentorship.ourImage" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: {{- toYaml .args | nindent 8 }}
      {{- include "mentorship.environment" (dict "root" (dict "Values" (omit .root.Values "otel") "Release" .root.Release) "service" .service) | nindent 6 }}
      {{- with .username }}
      env:
        - {name: {{ upper $.service }}_KAFKA_USERNAME, value: {{ . | quote }}}
      {{- end }}
      resources:
        requests: {cpu: 50m, memory: 128Mi}
        limits: {memory: 256Mi}
      {{- include "mentorship.locked" . | nindent 6 }}
      {{- include "mentorship.mounts" . | nindent 6 }}
  {{- include "mentorship.volumes" . | nindent 2 }}
{{- end }}
