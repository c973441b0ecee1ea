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

CLUSTERS = """
    query clusters($organizationId: Id!) {
        clusters(organizationId: $organizationId) {
            id
            name
            cloudProvider
            nodePools {
                id
                isDefault
                maxNodeCount
                nodeInstanceType
            }
        }
    }
"""

CONFIG_OPTIONS = """
    query deploymentConfigOptions {
        deploymentConfigOptions {
            components
            astroUnit {
                cpu
                memory
            }
            executors
            runtimeReleases {
                channel
                version
            }
            astroMachines {
                concurrentTasks
                cpu
                memory
                nodePoolType
                storageSize
                type
            }
            defaultAstroMachine {
                concurrentTasks
                cpu
                memory
                nodePoolType
                storageSize
                type
            }
            defaultSchedulerSize {
                cpu
                memory
                size
            }
            schedulerSizes {
                cpu
                memory
                size
            }
        }
    }
"""

QUEUE_OPTIONS = """
    query workerQueueOptions {
        workerQueueOptions {
            minWorkerCount {
                floor
                ceiling
                default
            }
            maxWorkerCount {
                floor
                ceiling
                default
            }
            workerConcurrency {
                floor
                ceiling
                default
            }
        }
    }
"""
