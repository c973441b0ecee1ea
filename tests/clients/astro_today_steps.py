"""Commands of the `astro` client v1.45.0, with the exit status of each and a part of what it prints."""

from tests.clients.real_astro import Step

NO_KEY = "Use the console, or sign in with astro login and leave the key out of the environment."
CREATE = "deployment create -n Made -c {cluster} -v {version}"

LOOK: list[Step] = [
    ("organization list", 0, "My Organization"),
    ("workspace list", 0, "{workspace}"),
    ("workspace switch {workspace}", 0, "{workspace}"),
    ("workspace switch nope", 1, "workspace id/name could not be found"),
    ("deployment list", 0, "{id}"),
    ("deployment list --all", 0, "{id}"),
    ("deployment list --json", 0, '"deploymentId": "{id}"'),
    ("deployment inspect -n Demo", 0, "worker_type: small"),
    ("deployment inspect {id} -o json", 0, '"executor": "CELERY"'),
    ("deployment inspect {id} -k configuration.executor", 0, "CELERY"),
    ("deployment inspect {id} -k metadata.status --clean-output", 0, "UNKNOWN"),
    ("deployment inspect -n Demo --template", 0, 'name: ""'),
    ("deployment inspect {id} -k metadata.nope", 1, "requested key metadata.nope not found in deployment"),
    ("deployment inspect {nobodys}", 1, "the Deployment specified was not found in this workspace"),
    ("deployment variable list -d {id}", 0, "No variables found"),
    ("deployment logs {id} -e", 0, "No matching logs have been recorded in the past 24 hours"),
    ("deployment hibernate {id} -f", 1, "is not a development Deployment"),
    ("deployment token list --deployment-id {id}", 1, "Cloud UI has API keys instead of API tokens."),
    ("deployment team list --deployment-id {id}", 1, "Cloud UI has no teams."),
    ("env variable list", 1, "astro deployment variable"),
]
CHANGE: list[Step] = [
    ("deployment variable create FOO=1=2 -d {id}", 0, "FOO     1=2"),
    ("deployment variable create TOKEN=hidden -s -d {id}", 0, "TOKEN     ****      true"),
    ("deployment variable update FOO=seen -d {id}", 0, "FOO       seen"),
    ("deployment variable create --load -e given.env -d {id}", 0, "GIVEN     two words"),
    ("deployment variable create PATH=1 -d {id}", 1, "PATH is reserved"),
    ("deployment variable list -d {id} --save -e saved.env", 0, "were saved to the file saved.env"),
    ("deployment worker-queue create -d {id} -n heavy -t small", 0, "workspace created"),
    ("deployment worker-queue create -d {id} -n light -t large --max-count 3", 0, "workspace created"),
    ("deployment worker-queue update -d {id} -n light -t large --max-count 4 -f", 0, "updated"),
    (
        "deployment worker-queue update -d {id} -n light -t large --max-count 9 -f",
        1,
        "The most for large is 5.",
    ),
    ("deployment worker-queue delete -d {id} -n light -f", 0, "workspace deleted"),
    ("deployment worker-queue create -d {id} -n Heavy -t small", 1, "Use lower-case letters"),
    ("deployment update {id} -n Other", 0, "Successfully updated Deployment"),
    ("deployment update {id} -n Demo -d Nightly", 0, "Successfully updated Deployment"),
    ("deployment update {id} -s 6 -r 2", 0, "Successfully updated Deployment"),
    ("deployment update {id} -s 99", 1, "invalid resource request"),
    ("deployment update {id} --dag-deploy disable -f", 0, "false                  false"),
    ("deployment update {id} --dag-deploy enable -f", 0, "true                   false"),
    ("deployment update {id} --cicd-enforcement enable", 0, "true                   true"),
]
EXECUTORS: list[Step] = [
    ("deployment update {id} -e KubernetesExecutor -f", 0, "Successfully updated Deployment"),
    ("deployment inspect {id}", 0, "default_worker_type: small"),
    ("deployment update {id} -e CeleryExecutor -f", 0, "Successfully updated Deployment"),
    ("deployment inspect {id}", 0, "name: default"),
]
OF_A_KEY: list[Step] = [
    ("deployment update {id} --cicd-enforcement disable", 1, "An API key cannot turn off CI/CD Enforcement."),
    (CREATE, 1, f"An API key cannot create a Deployment. {NO_KEY}"),
    ("deployment delete {id} -f", 1, f"An API key cannot delete a Deployment. {NO_KEY}"),
    ("deployment inspect {sibling}", 1, "the Deployment specified was not found in this workspace"),
    ("workspace create -n Made", 1, f"An API key cannot create a Workspace. {NO_KEY}"),
    ("workspace update {workspace} -n Other", 1, f"An API key cannot change or delete a Workspace. {NO_KEY}"),
    ("workspace delete {workspace}", 1, f"An API key cannot change or delete a Workspace. {NO_KEY}"),
    ("workspace user list", 1, f"An API key cannot list people. {NO_KEY}"),
    ("workspace user add ada@example.com -r WORKSPACE_MEMBER", 1, "An API key cannot list people."),
    ("organization user list", 1, "An API key cannot list people."),
    ("organization user invite ada@example.com -r ORGANIZATION_MEMBER", 1, "does not send invitations yet"),
]
OF_AN_EDITOR: list[Step] = [
    ("deployment update {id} --cicd-enforcement disable", 0, "true                   false"),
    (CREATE, 0, "Successfully created Deployment: Made"),
    (CREATE, 1, "Name: A Deployment with this name already exists in this Workspace."),
    ("deployment delete -n Made -f", 0, "Successfully deleted deployment Made"),
    ("deployment list --all", 0, "{sibling}"),
]
OF_AN_ADMIN: list[Step] = [
    ("workspace user list", 0, "{me}"),
    ("workspace user add ada@example.com -r WORKSPACE_MEMBER", 0, "with the role WORKSPACE_MEMBER"),
    ("workspace user update ada@example.com -r WORKSPACE_OPERATOR", 0, "updated to WORKSPACE_OPERATOR"),
    ("workspace user add ada@example.com -r WORKSPACE_AUTHOR", 1, "Choose one of these roles:"),
    ("workspace user add nobody@example.com -r WORKSPACE_MEMBER", 1, "no user was found for the email"),
    ("workspace user remove ada@example.com", 0, "was successfully removed from the workspace"),
    ("workspace user remove {me}", 1, "The last Admin stays in a Workspace"),
    ("organization user list", 0, "ada@example.com"),
    ("organization user invite ada@example.com -r ORGANIZATION_MEMBER", 1, "does not send invitations yet"),
    ("organization user update ada@example.com -r ORGANIZATION_OWNER", 1, "does not change roles"),
    ("workspace update {workspace} -n Renamed", 0, "was successfully updated"),
    ("workspace delete {workspace}", 1, "cannot be deleted while it has Deployments"),
    ("workspace create -n Made", 1, "Only an Organization Owner can create a Workspace."),
]
NO_ADMIN: list[Step] = [
    ("workspace user list", 0, "{me}"),
    (
        "workspace user add ada@example.com -r WORKSPACE_MEMBER",
        1,
        "Only an Organization Owner or a Workspace",
    ),
    ("workspace user update {me} -r WORKSPACE_OWNER", 1, "Only a Workspace Admin can change or delete"),
    ("workspace user remove {me}", 1, "Only a Workspace Admin can change or delete a Workspace."),
    ("organization user list", 1, "Only an Organization Owner or a Workspace Admin can list the people"),
    ("workspace update {workspace} -n Other", 1, "Only a Workspace Admin can change or delete a Workspace."),
    ("workspace delete {workspace}", 1, "Only a Workspace Admin can change or delete a Workspace."),
    ("workspace create -n Made", 1, "Only an Organization Owner can create a Workspace."),
]
OF_A_MEMBER: list[Step] = [
    ("deployment update {id} -n Other", 1, "Your role here is Member."),
    ("deployment variable create FOO=bar -d {id}", 1, "Only a Workspace Editor or Admin can change"),
    ("deployment worker-queue create -d {id} -n heavy -t small", 1, "Your role here is Member."),
    (CREATE, 1, "Only a Workspace Editor or Admin can create a Deployment. Your role here is Member."),
    ("deployment delete {id} -f", 1, "Only a Workspace Editor or Admin can delete a Deployment."),
]
OF_AN_OWNER: list[Step] = [
    ("workspace create -n Made -e ON", 0, "Astro Workspace Made was successfully created"),
    ("workspace create -n Made", 1, "A Workspace with this name already exists."),
    ("workspace list", 0, "Made"),
]
