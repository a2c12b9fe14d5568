{{/* Refuses what would render and not run, or run and must not. */}}
{{- define "mentorship.validate" -}}
{{- $catalog := .Files.Get "files/catalog.yaml" | fromYaml }}
{{- range $service, $said := .Values.services }}
{{- $worker := (include "mentorship.scale" (dict "root" $ "service" $service "role" "worker") | fromYaml).autoscaling }}
{{- $api := (include "mentorship.scale" (dict "root" $ "service" $service "role" "api") | fromYaml).autoscaling }}
{{- if gt (int $worker.max) (int $catalog.partitions) }}
{{- fail (printf "services.%s.worker.autoscaling.max is %d: more than the %d partitions of a topic, the rest would have nothing to do." $service (int $worker.max) (int $catalog.partitions)) }}
{{- end }}
{{- range $role, $scale := dict "worker" $worker "api" $api }}
{{- if gt (int $scale.min) (int $scale.max) }}
{{- fail (printf "services.%s.%s.autoscaling.min is %d, over its max of %d." $service $role (int $scale.min) (int $scale.max)) }}
{{- end }}
{{- end }}
{{- if gt (int $worker.fallback) (int $worker.max) }}
{{- fail (printf "services.%s.worker.autoscaling.fallback is %d, over its max of %d." $service (int $worker.fallback) (int $worker.max)) }}
{{- end }}
{{- $secrets := include "mentorship.secrets" (dict "root" $ "service" $service) | fromYaml }}
{{- $settings := merge (dict) ($said.settings | default dict) ($.Values.settings | default dict) }}
{{- range $needed := (index (dict "identity" (list "MONGODB_URI" "KEY_SECRET") "stipends" (list "MONGODB_URI" "PAYEE_SECRET")) $service) | default (list "MONGODB_URI") }}
{{- if not (hasKey $secrets $needed) }}
{{- fail (printf "services.%s.secrets.%s is missing." $service $needed) }}
{{- end }}
{{- end }}
{{- if and (hasKey $settings "KAFKA_USERNAME") (not (hasKey $secrets "KAFKA_PASSWORD")) }}
{{- fail (printf "services.%s signs in at Kafka as %s: services.%s.secrets.KAFKA_PASSWORD is missing." $service $settings.KAFKA_USERNAME $service) }}
{{- end }}
{{- range $name, $where := merge (dict) ($said.secrets | default dict) ($.Values.secrets | default dict) }}
{{- if and $where.remoteRef (not $.Values.externalSecrets.store.name) }}
{{- fail (printf "services.%s.secrets.%s has a remoteRef, and externalSecrets.store.name names no store." $service $name) }}
{{- end }}
{{- end }}
{{- if eq $service "stipends" }}
{{- $provider := $settings.PAYMENT_PROVIDER | default "sandbox" }}
{{- $known := merge (dict) $settings $secrets }}
{{- range $needed := index (dict
  "sandbox" (list "SANDBOX_URL" "SANDBOX_API_KEY" "SANDBOX_CALLBACK_SECRET")
  "stripe" (list "STRIPE_API_KEY" "STRIPE_CALLBACK_SECRET")
  "bank_file" (list "DEBTOR_NAME" "DEBTOR_IBAN" "DEBTOR_BIC")) $provider }}
{{- if not (hasKey $known $needed) }}
{{- fail (printf "services.stipends: the payment provider %s also needs %s." $provider $needed) }}
{{- end }}
{{- end }}
{{- if and $.Values.production (eq $provider "sandbox") }}
{{- fail "services.stipends.settings.PAYMENT_PROVIDER: in production the sandbox pays nobody; choose stripe or bank_file." }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (not .Values.publicUrl) }}
{{- fail "publicUrl is missing: the origin where people reach the platform, as https://mentorship.example.org." }}
{{- end }}
{{- if .Values.production }}
{{- if not .Values.image.digest }}
{{- fail "image.digest is missing: a tag may be another image tomorrow." }}
{{- end }}
{{- if and .Values.site.enabled (not .Values.site.image.digest) }}
{{- fail "site.image.digest is missing: a tag may be another image tomorrow." }}
{{- end }}
{{- if not (hasPrefix "https://" .Values.publicUrl) }}
{{- fail (printf "publicUrl is %s: in production passwords and tokens travel by https alone." .Values.publicUrl) }}
{{- end }}
{{- if not .Values.kafka.tls }}
{{- fail "kafka.tls is off: in production the bus is spoken to by TLS." }}
{{- end }}
{{- end }}
{{- range $job := list "topics" "staff" }}
{{- $said := index $.Values.jobs $job }}
{{- if and $said.enabled (not $said.password.name) }}
{{- fail (printf "jobs.%s.password.name names no Secret." $job) }}
{{- end }}
{{- end }}
{{- if and .Values.jobs.staff.enabled (not .Values.jobs.staff.email) }}
{{- fail "jobs.staff.email is missing." }}
{{- end }}
{{- end }}
