{{/* Names are fixed: the contract of the resources names them, and one cluster has one Plimsoll. */}}
{{- define "plimsoll.labels" -}}
app.kubernetes.io/name: plimsoll
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: plimsoll
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.global.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "plimsoll.selector" -}}
app.kubernetes.io/name: plimsoll
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "plimsoll.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end }}

{{/* The configuration file: the values' own, and where the chart mounts what other values name. */}}
{{- define "plimsoll.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if .Values.trustedRoot.configMapName -}}
{{- $_ := set $config "trustedRootFile" (printf "/etc/plimsoll/trusted-root/%s" .Values.trustedRoot.key) -}}
{{- end -}}
{{- if .Values.dockerConfig.secretName -}}
{{- $_ := set $config "dockerConfigFile" "/etc/plimsoll/docker/config.json" -}}
{{- end -}}
{{- if $config }}{{ toYaml $config }}{{ end -}}
{{- end }}

{{- define "plimsoll.podSecurityContext" -}}
runAsNonRoot: true
{{- if not (kindIs "invalid" .Values.podSecurityContext.runAsUser) }}
runAsUser: {{ .Values.podSecurityContext.runAsUser }}
{{- end }}
{{- if not (kindIs "invalid" .Values.podSecurityContext.runAsGroup) }}
runAsGroup: {{ .Values.podSecurityContext.runAsGroup }}
{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "plimsoll.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "plimsoll.spread" -}}
{{- $own := index .root.Values .component -}}
{{- if kindIs "invalid" $own.topologySpreadConstraints -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "plimsoll.selector" $ | nindent 6 }}
{{- end }}
{{- else -}}
{{ toYaml $own.topologySpreadConstraints }}
{{- end -}}
{{- end }}

{{/* What both programs' Pods have in common, around their own container. */}}
{{- define "plimsoll.podPlacement" -}}
{{- $own := index .root.Values .component -}}
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets:
{{ toYaml . }}
{{- end }}
{{- with $own.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations }}
tolerations:
{{ toYaml . }}
{{- end }}
{{- with $own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "plimsoll.spread" . | trim }}
topologySpreadConstraints:
{{ . }}
{{- end }}
{{- end }}

{{- define "plimsoll.volumeMounts" -}}
- {name: config, mountPath: /etc/plimsoll/config, readOnly: true}
{{- if .Values.trustedRoot.configMapName }}
- {name: trusted-root, mountPath: /etc/plimsoll/trusted-root, readOnly: true}
{{- end }}
{{- if .Values.dockerConfig.secretName }}
- {name: docker-config, mountPath: /etc/plimsoll/docker, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "plimsoll.volumes" -}}
- name: config
  configMap: {name: plimsoll-config}
{{- with .Values.trustedRoot.configMapName }}
- name: trusted-root
  configMap: {name: {{ . }}}
{{- end }}
{{- with .Values.dockerConfig.secretName }}
- name: docker-config
  secret:
    secretName: {{ . }}
    items: [{key: .dockerconfigjson, path: config.json}]
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "plimsoll.ports" -}}
- {name: metrics, containerPort: 8080, protocol: TCP}
- {name: health, containerPort: 8081, protocol: TCP}
{{- end }}

{{- define "plimsoll.probes" -}}
livenessProbe:
  httpGet: {path: /healthz, port: health}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}

{{/* The Secret with the serving certificate. */}}
{{- define "plimsoll.certificateSecret" -}}
{{- if eq .Values.webhook.certificate.source "secret" -}}
{{ required "webhook.certificate.secretName is needed with webhook.certificate.source=secret" .Values.webhook.certificate.secretName }}
{{- else -}}
plimsoll-webhook-certificate
{{- end -}}
{{- end }}
