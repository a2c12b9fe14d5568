{{/* What one component may be called by and may call; takes root, component, in and out. */}}
{{- define "mentorship.policy" }}
{{- $network := .root.Values.networkPolicy }}
{{- $release := dict "app.kubernetes.io/name" "mentorship" "app.kubernetes.io/instance" .root.Release.Name }}
{{- $apis := list }}
{{- range $service, $said := .root.Values.services }}{{- $apis = append $apis (printf "%s-api" $service) }}{{- end }}
{{- $http := list (dict "protocol" "TCP" "port" 8080) }}
{{- $ours := dict "matchLabels" $release "matchExpressions" (list (dict "key" "app.kubernetes.io/component" "operator" "In" "values" $apis)) }}
{{- $processes := dict "matchLabels" $release "matchExpressions" (list (dict "key" "mentorship.role" "operator" "Exists")) }}
{{- $smoke := dict "matchLabels" (merge (dict "app.kubernetes.io/component" "smoke") $release) }}
{{- $identity := dict "matchLabels" (merge (dict "app.kubernetes.io/component" "identity-api") $release) }}
{{- $in := list }}
{{- range .in }}
{{- if has . (list "gateway" "monitoring") }}{{- $in = append $in (dict "from" (index $network .) "ports" $http) }}{{- end }}
{{- if eq . "ours" }}{{- $in = append $in (dict "from" (list (dict "podSelector" $processes)) "ports" $http) }}{{- end }}
{{- if eq . "smoke" }}{{- $in = append $in (dict "from" (list (dict "podSelector" $smoke)) "ports" $http) }}{{- end }}
{{- end }}
{{- $out := list }}
{{- if .out }}
{{- $out = append $out (dict "to" $network.dns "ports" (list (dict "protocol" "UDP" "port" 53) (dict "protocol" "TCP" "port" 53))) }}
{{- end }}
{{- range .out }}
{{- if has . (list "mongodb" "kafka" "smtp" "internet") }}{{- $out = append $out (include "mentorship.reach" (index $network .) | fromYaml) }}{{- end }}
{{- if and (eq . "otlp") $.root.Values.otel.OTEL_EXPORTER_OTLP_ENDPOINT }}{{- $out = append $out (include "mentorship.reach" $network.otlp | fromYaml) }}{{- end }}
{{- if eq . "identity" }}{{- $out = append $out (dict "to" (list (dict "podSelector" $identity)) "ports" $http) }}{{- end }}
{{- if eq . "services" }}{{- $out = append $out (dict "to" (list (dict "podSelector" $ours)) "ports" $http) }}{{- end }}
{{- end }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "mentorship.name" .root }}-{{ .component }}
  labels: {{- include "mentorship.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "mentorship.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with $in }}
  ingress: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $out }}
  egress: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "mentorship.reach" -}}
to: {{- toYaml .peers | nindent 2 }}
ports: [{protocol: TCP, port: {{ .port }}}]
{{- end }}
