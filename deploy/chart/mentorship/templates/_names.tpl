{{/* The release's name, at most 33 characters: the longest that is made of it, -prepare-applications-<hash>, has 30. */}}
{{- define "mentorship.name" -}}
{{- if gt (len .Release.Name) 33 -}}
{{ printf "%s-%s" (.Release.Name | trunc 24 | trimSuffix "-") (sha256sum .Release.Name | trunc 8) }}
{{- else -}}
{{ .Release.Name }}
{{- end -}}
{{- end }}

{{/* What selects the pods of one component; takes root and component. */}}
{{- define "mentorship.selector" -}}
app.kubernetes.io/name: mentorship
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Takes root, component and, of a service's pods, service and role. */}}
{{- define "mentorship.labels" -}}
{{ include "mentorship.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* Labels of pods: they hold no version, for a change of it must not roll what is as it was. */}}
{{- define "mentorship.podLabels" -}}
{{ include "mentorship.selector" . }}
{{- with .service }}
mentorship.service: {{ . }}
{{- end }}
{{- with .role }}
mentorship.role: {{ . }}
{{- end }}
{{- end }}

{{- define "mentorship.image" -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}

{{- define "mentorship.ourImage" -}}
{{ include "mentorship.image" (dict "repository" .Values.image.repository "digest" .Values.image.digest "tag" (.Values.image.tag | default .Chart.AppVersion)) }}
{{- end }}

{{- define "mentorship.host" -}}
{{ (urlParse .Values.publicUrl).hostname }}
{{- end }}
