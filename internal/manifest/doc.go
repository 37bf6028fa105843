// Package manifest finds the container images that Kubernetes manifests name.
//
// It reads what `helm template` and `kubectl get -o yaml` print: several documents, YAML or JSON, lists of objects. An object
// runs images if it is a Pod or has a pod template somewhere, which is where Deployments, StatefulSets, DaemonSets,
// ReplicaSets, Jobs, CronJobs and the workloads of many other projects (Rollouts, Knative services, training jobs) have them.
package manifest
