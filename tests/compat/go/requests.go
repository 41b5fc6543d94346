package main

import (
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sae"
)

// Go cannot find a function by its name: how the request of each operation is made.
var creators = map[string]func() requests.AcsRequest{
	"CreateJob":                      func() requests.AcsRequest { return sae.CreateCreateJobRequest() },
	"UpdateJob":                      func() requests.AcsRequest { return sae.CreateUpdateJobRequest() },
	"ExecJob":                        func() requests.AcsRequest { return sae.CreateExecJobRequest() },
	"DeleteJob":                      func() requests.AcsRequest { return sae.CreateDeleteJobRequest() },
	"DescribeJob":                    func() requests.AcsRequest { return sae.CreateDescribeJobRequest() },
	"ListJobs":                       func() requests.AcsRequest { return sae.CreateListJobsRequest() },
	"SuspendJob":                     func() requests.AcsRequest { return sae.CreateSuspendJobRequest() },
	"DescribeJobHistory":             func() requests.AcsRequest { return sae.CreateDescribeJobHistoryRequest() },
	"DescribeJobStatus":              func() requests.AcsRequest { return sae.CreateDescribeJobStatusRequest() },
	"DeleteHistoryJob":               func() requests.AcsRequest { return sae.CreateDeleteHistoryJobRequest() },
	"CreateNamespace":                func() requests.AcsRequest { return sae.CreateCreateNamespaceRequest() },
	"UpdateNamespace":                func() requests.AcsRequest { return sae.CreateUpdateNamespaceRequest() },
	"DeleteNamespace":                func() requests.AcsRequest { return sae.CreateDeleteNamespaceRequest() },
	"DescribeNamespace":              func() requests.AcsRequest { return sae.CreateDescribeNamespaceRequest() },
	"DescribeNamespaces":             func() requests.AcsRequest { return sae.CreateDescribeNamespacesRequest() },
	"DescribeNamespaceList":          func() requests.AcsRequest { return sae.CreateDescribeNamespaceListRequest() },
	"DescribeNamespaceResources":     func() requests.AcsRequest { return sae.CreateDescribeNamespaceResourcesRequest() },
	"UpdateNamespaceVpc":             func() requests.AcsRequest { return sae.CreateUpdateNamespaceVpcRequest() },
	"CreateConfigMap":                func() requests.AcsRequest { return sae.CreateCreateConfigMapRequest() },
	"UpdateConfigMap":                func() requests.AcsRequest { return sae.CreateUpdateConfigMapRequest() },
	"DeleteConfigMap":                func() requests.AcsRequest { return sae.CreateDeleteConfigMapRequest() },
	"DescribeConfigMap":              func() requests.AcsRequest { return sae.CreateDescribeConfigMapRequest() },
	"ListNamespacedConfigMaps":       func() requests.AcsRequest { return sae.CreateListNamespacedConfigMapsRequest() },
	"CreateSecret":                   func() requests.AcsRequest { return sae.CreateCreateSecretRequest() },
	"UpdateSecret":                   func() requests.AcsRequest { return sae.CreateUpdateSecretRequest() },
	"DeleteSecret":                   func() requests.AcsRequest { return sae.CreateDeleteSecretRequest() },
	"DescribeSecret":                 func() requests.AcsRequest { return sae.CreateDescribeSecretRequest() },
	"ListSecrets":                    func() requests.AcsRequest { return sae.CreateListSecretsRequest() },
	"DescribeChangeOrder":            func() requests.AcsRequest { return sae.CreateDescribeChangeOrderRequest() },
	"ListChangeOrders":               func() requests.AcsRequest { return sae.CreateListChangeOrdersRequest() },
	"DescribePipeline":               func() requests.AcsRequest { return sae.CreateDescribePipelineRequest() },
	"AbortChangeOrder":               func() requests.AcsRequest { return sae.CreateAbortChangeOrderRequest() },
	"ListNamespaceChangeOrders":      func() requests.AcsRequest { return sae.CreateListNamespaceChangeOrdersRequest() },
	"DescribeApplicationGroups":      func() requests.AcsRequest { return sae.CreateDescribeApplicationGroupsRequest() },
	"DescribeApplicationInstances":   func() requests.AcsRequest { return sae.CreateDescribeApplicationInstancesRequest() },
	"DescribeInstanceLog":            func() requests.AcsRequest { return sae.CreateDescribeInstanceLogRequest() },
	"ListAppEvents":                  func() requests.AcsRequest { return sae.CreateListAppEventsRequest() },
	"ListTagResources":               func() requests.AcsRequest { return sae.CreateListTagResourcesRequest() },
	"TagResources":                   func() requests.AcsRequest { return sae.CreateTagResourcesRequest() },
	"UntagResources":                 func() requests.AcsRequest { return sae.CreateUntagResourcesRequest() },
	"DescribeInstanceSpecifications": func() requests.AcsRequest { return sae.CreateDescribeInstanceSpecificationsRequest() },
	"DescribeComponents":             func() requests.AcsRequest { return sae.CreateDescribeComponentsRequest() },
	"DescribeRegions":                func() requests.AcsRequest { return sae.CreateDescribeRegionsRequest() },
}
