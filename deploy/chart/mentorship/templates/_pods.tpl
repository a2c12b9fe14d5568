{{/* What every pod has: nobody's rights, no token, a system that cannot be written. Takes root. */}}
{{- define "mentorship.restricted" -}}
serviceAccountName: {{ include "mentorship.name" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "mentorship.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "mentorship.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}

{{- define "mentorship.locked" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* The environment of a service's pods; takes root, service and, for a job, secret settings that it has instead. */}}
{{- define "mentorship.environment" -}}
envFrom:
  - configMapRef: {name: {{ include "mentorship.name" .root }}-{{ .service }}}
{{- with .root.Values.otel }}
env:
  {{- range $name, $value := . }}
  - {name: {{ $name }}, value: {{ $value | quote }}}
  {{- end }}
{{- end }}
{{- end }}

{{- define "mentorship.mounts" -}}
volumeMounts:
  - {name: secrets, mountPath: /run/secrets/mentorship, readOnly: true}
  {{- if and .root.Values.kafka.tls .root.Values.kafka.caSecret.name }}
  - {name: kafka, mountPath: /run/secrets/kafka, readOnly: true}
  {{- end }}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Takes root, service and perhaps `more`: further sources of secret files. */}}
{{- define "mentorship.volumes" -}}
volumes:
  - name: secrets
    projected:
      defaultMode: 0440
      sources: {{- include "mentorship.secretSources" . | nindent 8 }}
        {{- with .more }}{{ . | nindent 8 }}{{- end }}
  {{- if and .root.Values.kafka.tls .root.Values.kafka.caSecret.name }}
  - name: kafka
    secret:
      secretName: {{ .root.Values.kafka.caSecret.name }}
      defaultMode: 0440
      items: [{key: {{ .root.Values.kafka.caSecret.key | quote }}, path: ca.crt}]
  {{- end }}
  - name: tmp
    emptyDir: {sizeLimit: 128Mi}
{{- end }}
