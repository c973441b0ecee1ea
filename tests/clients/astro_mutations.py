"""The GraphQL mutations of the `astro` command-line client v1.15.1, with the selections that its contract lists."""

CREATE = """
    mutation createDeployment($input: CreateDeploymentInput!) {
        createDeployment(input: $input) {
            id
            label
            releaseName
            dagDeployEnabled
            schedulerSize
            isHighAvailability
            apiKeyOnlyDeployments
            cluster {
                id
                name
                region
            }
            runtimeRelease {
                version
                airflowVersion
            }
            workerQueues {
                id
                name
                isDefault
                workerConcurrency
                minWorkerCount
                maxWorkerCount
                nodePoolId
                podCpu
                podRam
            }
            deploymentSpec {
                image {
                    tag
                }
                webserver {
                    url
                }
            }
        }
    }
"""

UPDATE = """
    mutation updateDeployment($input: UpdateDeploymentInput!) {
        updateDeployment(input: $input) {
            id
            label
            releaseName
            dagDeployEnabled
            schedulerSize
            isHighAvailability
            apiKeyOnlyDeployments
            cluster {
                id
                name
                region
            }
            runtimeRelease {
                version
                airflowVersion
            }
            deploymentSpec {
                image {
                    tag
                }
            }
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

VARIABLES = """
    mutation updateDeploymentVariables($input: EnvironmentVariablesInput!) {
        updateDeploymentVariables(input: $input) {
            key
            value
            isSecret
            updatedAt
        }
    }
"""

ALERTS = """
    mutation updateDeploymentAlerts($input: UpdateDeploymentAlertsInput!) {
        updateDeploymentAlerts(input: $input) {
            alertEmails
        }
    }
"""

CREATE_IMAGE = """
    mutation CreateImage($imageCreateInput: CreateImageInput!) {
        createImage(input: $imageCreateInput) {
            id
            deploymentId
            tag
        }
    }
"""

DEPLOY_IMAGE = """
    mutation DeployImage($imageDeployInput: DeployImageInput!) {
        deployImage(input: $imageDeployInput) {
            id
            tag
            repository
        }
    }
"""

INITIATE_DAGS = """
    mutation initiateDagDeployment($input: InitiateDagDeploymentInput!) {
        initiateDagDeployment(input: $input) {
            id
            dagUrl
        }
    }
"""

REPORT_DAGS = """
    mutation reportDagDeploymentStatus($input: ReportDagDeploymentStatusInput!) {
        reportDagDeploymentStatus(input: $input) {
            id
            runtimeId
            action
            versionId
            status
            message
            createdAt
            initiatorId
            initiatorType
        }
    }
"""
