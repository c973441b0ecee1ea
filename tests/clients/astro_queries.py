"""The GraphQL documents of the `astro` command-line client v1.15.1, with the selections that its contract lists."""

DEPLOYMENTS = """
    query WorkspaceDeployments($organizationId: Id!, $workspaceId: Id) {
        deployments(organizationId: $organizationId, workspaceId: $workspaceId) {
            id
            label
            description
            releaseName
            dagDeployEnabled
            apiKeyOnlyDeployments
            schedulerSize
            isHighAvailability
            cluster {
                id
                name
                cloudProvider
                region
                nodePools {
                    id
                    isDefault
                    nodeInstanceType
                    createdAt
                }
            }
            workerQueues {
                id
                name
                isDefault
                nodePoolId
                podCpu
                podRam
                workerConcurrency
                minWorkerCount
                maxWorkerCount
            }
            createdAt
            updatedAt
            alertEmails
            status
            runtimeRelease {
                version
                airflowVersion
            }
            deploymentSpec {
                executor
                image {
                    tag
                }
                scheduler {
                    au
                    replicas
                }
                environmentVariablesObjects {
                    key
                    value
                    isSecret
                    updatedAt
                }
                webserver {
                    url
                }
            }
            workspace {
                id
                label
                organizationId
                label
            }
        }
    }
"""

DEPLOYMENT = """
    query GetDeployment($deploymentId: Id!) {
        deployment(id: $deploymentId) {
            id
            label
            description
            releaseName
            cluster {
                id
                name
                nodePools {
                    id
                    isDefault
                    nodeInstanceType
                    maxNodeCount
                }
            }
            createdAt
            status
            dagDeployEnabled
            schedulerSize
            isHighAvailability
            runtimeRelease {
                version
                airflowVersion
            }
            deploymentSpec {
                executor
                image {
                    tag
                }
                scheduler {
                    au
                    replicas
                }
                environmentVariablesObjects {
                    key
                    value
                    isSecret
                    updatedAt
                }
                webserver {
                    url
                }
            }
            workspace {
                id
                label
                organizationId
            }
            workerQueues {
                id
                name
                isDefault
                nodePoolId
                workerConcurrency
                minWorkerCount
                maxWorkerCount
            }
        }
    }
"""

WORKSPACES = """
    query GetWorkspaces($organizationId: Id!) {
        workspaces(organizationId: $organizationId) {
            id
            label
            organizationId
        }
    }
"""

DELETE = """
    mutation deleteDeployment($input: DeleteDeploymentInput!) {
        deleteDeployment(input: $input) {
            id
        }
    }
"""

LOGS = """
    query deploymentHistory($deploymentId: Id!, $logCountLimit: Int, $start: String, $logLevels: [LogLevel!]) {
        deploymentHistory(deploymentId: $deploymentId, logCountLimit: $logCountLimit, start: $start,
                          logLevels: $logLevels) {
            schedulerLogs {
                timestamp
                raw
                level
            }
        }
    }
"""
