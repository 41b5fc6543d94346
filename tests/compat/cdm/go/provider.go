package main

import "encoding/json"

// What the Terraform provider reads of answers: its own SDK is older than Huawei's and stricter.
// Dates are integers, and values of a job's inputs are texts (cdm.md §3.2).

type providerInput struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type providerConfigs struct {
	Configs []struct {
		Name   string          `json:"name"`
		Inputs []providerInput `json:"inputs"`
	} `json:"configs"`
}

type providerJobs struct {
	Total    int  `json:"total"`
	PageNo   int  `json:"page_no"`
	PageSize int  `json:"page_size"`
	Simple   bool `json:"simple"`
	Jobs     []struct {
		Name               string          `json:"name"`
		JobType            string          `json:"job_type"`
		FromLinkName       string          `json:"from-link-name"`
		FromConnectorName  string          `json:"from-connector-name"`
		FromConfigValues   providerConfigs `json:"from-config-values"`
		ToLinkName         string          `json:"to-link-name"`
		ToConnectorName    string          `json:"to-connector-name"`
		ToConfigValues     providerConfigs `json:"to-config-values"`
		DriverConfigValues providerConfigs `json:"driver-config-values"`
		CreationDate       int             `json:"creation-date"`
		CreationUser       string          `json:"creation-user"`
		UpdateDate         int             `json:"update-date"`
		UpdateUser         string          `json:"update-user"`
		Status             string          `json:"status"`
	} `json:"jobs"`
}

type providerLinks struct {
	Links []struct {
		Name             string          `json:"name"`
		ConnectorName    string          `json:"connector-name"`
		LinkConfigValues providerConfigs `json:"link-config-values"`
		Enabled          *bool           `json:"enabled"`
		CreationDate     *int            `json:"creation-date"`
		CreationUser     string          `json:"creation-user"`
		UpdateDate       *int            `json:"update-date"`
		UpdateUser       string          `json:"update-user"`
	} `json:"links"`
}

type providerSubmissions struct {
	Total       int `json:"total"`
	PageNo      int `json:"page_no"`
	PageSize    int `json:"page_size"`
	Submissions []struct {
		SubmissionID       int                       `json:"submission-id"`
		JobName            string                    `json:"job-name"`
		CreationUser       string                    `json:"creation-user"`
		CreationDate       int                       `json:"creation-date"`
		ExecuteDate        int                       `json:"execute-date"`
		LastUpdateDate     int                       `json:"last-update-date"`
		LastUpdateUser     string                    `json:"last-udpate-user"`
		Progress           float32                   `json:"progress"`
		Status             string                    `json:"status"`
		IsStoppingIncrease string                    `json:"isStopingIncrement"`
		IsIncrementing     bool                      `json:"isIncrementing"`
		IsExecuteAuto      bool                      `json:"is-execute-auto"`
		IsDeleteJob        bool                      `json:"isDeleteJob"`
		DeleteRows         int                       `json:"delete_rows"`
		UpdateRows         int                       `json:"update_rows"`
		WriteRows          int                       `json:"write_rows"`
		ExternalID         string                    `json:"external-id"`
		ErrorDetails       string                    `json:"error-details"`
		ErrorSummary       string                    `json:"error-summary"`
		Counters           map[string]map[string]int `json:"counters"`
	} `json:"submissions"`
}

type providerCluster struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Status    string `json:"status"`
	Datastore struct {
		Type    string `json:"type"`
		Version string `json:"version"`
	} `json:"datastore"`
	Instances []struct {
		ID     string `json:"id"`
		Flavor struct {
			ID string `json:"id"`
		} `json:"flavor"`
		PrivateIP string   `json:"private_ip"`
		PublicIP  string   `json:"publicIp"`
		Actions   []string `json:"actions"`
	} `json:"instances"`
	Actions          []string `json:"actions"`
	BakKeepDay       int      `json:"bakKeepDay"`
	IsAutoOff        bool     `json:"isAutoOff"`
	ScheduleBootTime string   `json:"scheduleBootTime"`
	ScheduleOffTime  string   `json:"scheduleOffTime"`
	EnterpriseID     string   `json:"eps_id"`
}

type providerFindings struct {
	Name     string `json:"name"`
	Findings []struct {
		Message    string `json:"message"`
		Status     string `json:"status"`
		LinkConfig []struct {
			Message string `json:"message"`
			Status  string `json:"status"`
		} `json:"linkConfig"`
	} `json:"validation-result"`
}

// Says what the provider cannot read of an answer.
func unreadable(action string, raw []byte) []string {
	var target any
	switch action {
	case "ShowJobs":
		target = &providerJobs{}
	case "ShowLink":
		target = &providerLinks{}
	case "StartJob", "ShowJobStatus", "ShowSubmissions", "CreateAndStartRandomClusterJob":
		target = &providerSubmissions{}
	case "ShowClusterDetail":
		target = &providerCluster{}
	case "CreateJob", "UpdateJob", "CreateLink", "UpdateLink", "StopJob", "DeleteJob", "DeleteLink":
		// It also wants a JSON object where nothing is told.
		target = &providerFindings{}
	default:
		return []string{}
	}
	if err := json.Unmarshal(raw, target); err != nil {
		return []string{err.Error()}
	}
	return []string{}
}
