{{/* How a service's role is scaled: its own values before those of every service; takes root, service, role. */}}
{{- define "mentorship.scale" -}}
{{- $own := index .root.Values.services .service .role | default dict }}
{{- merge (deepCopy $own) (deepCopy (index .root.Values .role)) | toYaml }}
{{- end }}
