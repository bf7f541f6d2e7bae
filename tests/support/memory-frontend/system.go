package main

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	replicationpb "go.temporal.io/api/replication/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

const serverVersion = "1.32.0"

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{
		ServerVersion: serverVersion,
		Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{
			SignalAndQueryHeader: true, InternalErrorDifferentiation: true, ActivityFailureIncludeHeartbeat: true,
			EncodedFailureAttributes: true, UpsertMemo: true, EagerWorkflowStart: true, SdkMetadata: true, CountGroupByExecutionStatus: true,
		},
	}, nil
}

func (f *frontend) GetClusterInfo(context.Context, *workflowservice.GetClusterInfoRequest) (*workflowservice.GetClusterInfoResponse, error) {
	return &workflowservice.GetClusterInfoResponse{
		ServerVersion: serverVersion, ClusterId: f.clusterID, ClusterName: "memory-frontend",
		HistoryShardCount: 1, PersistenceStore: "memory", VisibilityStore: "memory",
	}, nil
}

func (f *frontend) RegisterNamespace(_ context.Context, r *workflowservice.RegisterNamespaceRequest) (*workflowservice.RegisterNamespaceResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Namespace == "" {
		return nil, serviceerror.NewInvalidArgument("Namespace not set on request.")
	}
	if f.namespaces[r.Namespace] != nil {
		return nil, serviceerror.NewNamespaceAlreadyExists("Namespace already exists.")
	}
	f.addNamespace(r.Namespace, r.Description, r.OwnerEmail, r.Data, r.WorkflowExecutionRetentionPeriod)
	return &workflowservice.RegisterNamespaceResponse{}, nil
}

func (ns *namespace) response() *workflowservice.DescribeNamespaceResponse {
	return &workflowservice.DescribeNamespaceResponse{
		NamespaceInfo: ns.info, Config: ns.config,
		ReplicationConfig: &replicationpb.NamespaceReplicationConfig{ActiveClusterName: "memory-frontend"},
	}
}

func (f *frontend) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := r.Namespace
	for _, ns := range f.namespaces {
		if r.Id != "" && ns.id == r.Id {
			name = ns.name
		}
	}
	ns, err := f.namespace(name)
	if err != nil {
		return nil, err
	}
	return ns.response(), nil
}

func (f *frontend) ListNamespaces(_ context.Context, r *workflowservice.ListNamespacesRequest) (*workflowservice.ListNamespacesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := make([]string, 0, len(f.namespaces))
	for name := range f.namespaces {
		names = append(names, name)
	}
	slices.Sort(names)
	from := 0
	if len(r.NextPageToken) == 4 {
		from = min(len(names), int(binary.BigEndian.Uint32(r.NextPageToken)))
	}
	to := len(names)
	response := &workflowservice.ListNamespacesResponse{}
	if size := int(r.PageSize); size > 0 && from+size < to {
		to = from + size
		response.NextPageToken = binary.BigEndian.AppendUint32(nil, uint32(to))
	}
	for _, name := range names[from:to] {
		response.Namespaces = append(response.Namespaces, f.namespaces[name].response())
	}
	return response, nil
}

func (f *frontend) UpdateNamespace(_ context.Context, r *workflowservice.UpdateNamespaceRequest) (*workflowservice.UpdateNamespaceResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ns, err := f.namespace(r.Namespace)
	if err != nil {
		return nil, err
	}
	if change := r.UpdateInfo; change != nil {
		// What has been returned to a caller is not changed: it may be encoded just now.
		info := &namespacepb.NamespaceInfo{
			Name: ns.info.Name, Id: ns.info.Id, State: ns.info.State, Description: ns.info.Description, OwnerEmail: ns.info.OwnerEmail,
			Data: map[string]string{}, Capabilities: ns.info.Capabilities,
		}
		for key, value := range ns.info.Data {
			info.Data[key] = value
		}
		if change.Description != "" {
			info.Description = change.Description
		}
		if change.OwnerEmail != "" {
			info.OwnerEmail = change.OwnerEmail
		}
		for key, value := range change.Data {
			info.Data[key] = value
		}
		ns.info = info
	}
	if retention := r.Config.GetWorkflowExecutionRetentionTtl(); retention != nil {
		ns.config = &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: retention}
	}
	return &workflowservice.UpdateNamespaceResponse{NamespaceInfo: ns.info, Config: ns.config}, nil
}

func (f *frontend) DeleteNamespace(_ context.Context, r *operatorservice.DeleteNamespaceRequest) (*operatorservice.DeleteNamespaceResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ns, err := f.namespace(r.Namespace)
	if err != nil {
		return nil, err
	}
	delete(f.namespaces, r.Namespace)
	f.byNumber[ns.number] = nil
	for element := f.closedOldest.Front(); element != nil; {
		next := element.Next()
		if x := element.Value.(*execution); x.ns == ns {
			f.closedOldest.Remove(element)
			f.closedBytes -= x.bytes
		}
		element = next
	}
	// What still refers to one of its executions finds it gone.
	clear(ns.live)
	return &operatorservice.DeleteNamespaceResponse{DeletedNamespace: r.Namespace + "-deleted-" + strings.SplitN(newUUID(), "-", 2)[0]}, nil
}

func (f *frontend) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{SystemAttributes: map[string]enumspb.IndexedValueType{
		"WorkflowId": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "WorkflowType": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"ExecutionStatus": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "StartTime": enumspb.INDEXED_VALUE_TYPE_DATETIME,
		"CloseTime": enumspb.INDEXED_VALUE_TYPE_DATETIME, "ParentWorkflowId": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	}}, nil
}

func (f *frontend) ListWorkers(context.Context, *workflowservice.ListWorkersRequest) (*workflowservice.ListWorkersResponse, error) {
	return &workflowservice.ListWorkersResponse{}, nil
}

func (f *frontend) RecordWorkerHeartbeat(context.Context, *workflowservice.RecordWorkerHeartbeatRequest) (*workflowservice.RecordWorkerHeartbeatResponse, error) {
	return &workflowservice.RecordWorkerHeartbeatResponse{}, nil
}

func (f *frontend) ResetStickyTaskQueue(_ context.Context, r *workflowservice.ResetStickyTaskQueueRequest) (*workflowservice.ResetStickyTaskQueueResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, err := f.find(r.Namespace, r.Execution)
	if err != nil {
		return nil, err
	}
	x.sticky = ""
	return &workflowservice.ResetStickyTaskQueueResponse{}, nil
}

// ShutdownWorker forgets the sticky queue of a worker, so that its workflows' next tasks go to the normal queue.
func (f *frontend) ShutdownWorker(_ context.Context, r *workflowservice.ShutdownWorkerRequest) (*workflowservice.ShutdownWorkerResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ns, err := f.namespace(r.Namespace)
	if err != nil {
		return nil, err
	}
	delete(ns.queues, queueKey{r.StickyTaskQueue, false})
	return &workflowservice.ShutdownWorkerResponse{}, nil
}
