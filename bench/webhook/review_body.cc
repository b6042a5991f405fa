#include "review_body.h"

namespace plimsoll::bench {

std::string ReviewBody(const std::vector<std::string>& images, const std::string& name_space) {
  std::string env, fields;
  for (int i = 0; i < 16; ++i) {
    const std::string name = "SETTING_" + std::to_string(i);
    env += std::string(i == 0 ? "" : ",") + R"({"name":")" + name +
           R"(","value":"http://collector.monitoring.svc:4317"})";
    fields += R"(,"k:{\"name\":\")" + name + R"(\"}":{".":{},"f:name":{},"f:value":{}})";
  }
  std::string containers;
  for (const std::string& image : images) {
    containers +=
        std::string(containers.empty() ? "" : ",") + R"({"name":"c)" +
        std::to_string(containers.size()) + R"(","image":")" + image + R"(","env":[)" + env +
        R"(],"ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},"livenessProbe":{"httpGet":{"path":"/healthz","port":"http","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"volumeMounts":[{"name":"kube-api-access","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"terminationMessagePath":"/dev/termination-log","imagePullPolicy":"IfNotPresent"})";
  }
  return R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"705ab4f5-6393-11e8-b7cc-42010a800002","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"requestKind":{"group":"","version":"v1","kind":"Pod"},"requestResource":{"group":"","version":"v1","resource":"pods"},"name":"web-5d8","namespace":")" +
         name_space +
         R"(","operation":"CREATE","userInfo":{"username":"system:serviceaccount:kube-system:replicaset-controller","uid":"a7e0","groups":["system:serviceaccounts","system:serviceaccounts:kube-system","system:authenticated"]},"object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-5d8","generateName":"web-","namespace":")" +
         name_space +
         R"(","uid":"b1","creationTimestamp":"2026-11-21T18:00:00Z","labels":{"app":"web","pod-template-hash":"5d8"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"c1","controller":true,"blockOwnerDeletion":true}],"managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-11-21T18:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:containers":{"f:env":{".":{})" +
         fields +
         R"(}}}}}]},"spec":{"volumes":[{"name":"kube-api-access","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],"defaultMode":420}}],"containers":[)" +
         containers +
         R"(],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},"status":{"phase":"Pending","qosClass":"Burstable"}},"oldObject":null,"dryRun":false,"options":{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}})";
}

}  // namespace plimsoll::bench
