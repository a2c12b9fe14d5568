{{/* All settings of a service that are no secrets, as YAML; takes root and service. */}}
{{- define "mentorship.settings" -}}
{{- $values := .root.Values }}
{{- $given := merge (dict) ((index $values.services .service).settings | default dict) ($values.settings | default dict) }}
{{- $ours := dict
  "PRODUCTION" $values.production
  "KAFKA_BOOTSTRAP_SERVERS" $values.kafka.bootstrapServers
  "KAFKA_TLS" $values.kafka.tls
  "HTTP_HOST" "0.0.0.0"
  "HTTP_PORT" 8080
  "PUBLIC_URL" $values.publicUrl
  "DISCOVERY_URL" (printf "http://%s-identity:8080/.well-known/openid-configuration" (include "mentorship.name" .root)) }}
{{- if and $values.kafka.tls $values.kafka.caSecret.name }}
{{- $ours = set $ours "KAFKA_CA_FILE" "/run/secrets/kafka/ca.crt" }}
{{- end }}
{{- range $name, $value := merge (dict) $ours $given }}
{{ printf "%s_%s" (upper $.service) $name }}: {{ if and (kindIs "float64" $value) (eq (toString (floor $value)) (toString $value)) }}{{ int64 $value | quote }}{{ else }}{{ $value | quote }}{{ end }}
{{- end }}
{{- end }}

{{/* Where each secret setting of a service lies: {NAME: {name, key}}; takes root and service. */}}
{{- define "mentorship.secrets" -}}
{{- $given := merge (dict) ((index .root.Values.services .service).secrets | default dict) (.root.Values.secrets | default dict) }}
{{- range $name, $where := $given }}
{{ $name }}:
  {{- if $where.remoteRef }}
  name: {{ include "mentorship.name" $.root }}-{{ $.service }}
  key: {{ $name }}
  {{- else }}
  name: {{ $where.name }}
  key: {{ $where.key | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The files of secrets, one a setting, named as it is; takes root, service and perhaps one that comes `instead`. */}}
{{- define "mentorship.secretSources" -}}
{{- range $name, $where := omit (include "mentorship.secrets" . | fromYaml) (.instead | default "") }}
- secret:
    name: {{ $where.name }}
    items: [{key: {{ $where.key | quote }}, path: {{ upper $.service }}_{{ $name }}}]
{{- end }}
{{- end }}
