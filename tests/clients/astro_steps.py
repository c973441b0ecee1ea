"""Commands of the `astro` client v1.15.1, with the exit status of each and a part of what it prints."""

from tests.clients.real_astro import Step

NO_KEY = "Use the console, or sign in with astro login and leave the key out of the environment."
CREATE = "deployment create -n Made --cluster-id {cluster} -v {version}"
LOOK: list[Step] = [
    ("organization list", 0, "My Organization"),
    ("workspace list", 0, "{workspace}"),
    ("workspace switch {workspace}", 0, "{workspace}"),
    ("deployment list", 0, "{id}"),
    ("deployment list --all", 0, "{id}"),
    ("deployment inspect -n Demo", 0, "worker_type: small"),
    ("deployment inspect {id} -o json", 0, '"executor": "CeleryExecutor"'),
    ("deployment inspect -n Demo -k configuration.executor", 0, "CeleryExecutor"),
    ("deployment inspect -n Demo -k metadata.status", 0, "UNKNOWN"),
    ("deployment inspect -n Demo -t", 0, 'name: ""'),
    ("deployment inspect -n Demo -k nothing", 1, "requested key nothing not found in deployment"),
    ("deployment inspect {nobodys}", 1, "the Deployment specified was not found in this workspace"),
    ("deployment variable list -n Demo", 0, "No variables found"),
    ("deployment logs -n Demo", 1, "Details: Cloud UI reads the logs of Airflows that it runs itself."),
]
CHANGE: list[Step] = [
    ("deployment variable create -n Demo FOO=bar", 0, "FOO     bar"),
    ("deployment variable create -n Demo TOKEN=hidden --secret", 0, "TOKEN               true"),
    ("deployment variable create -n Demo FOO=other", 0, "key FOO already exists"),
    ("deployment variable update -n Demo FOO=seen", 0, "FOO       seen"),
    ("deployment variable create -n Demo --load -e given.env", 0, "GIVEN     two words"),
    ("deployment variable create -n Demo A-B=1", 1, "Details: A-B: Use letters, digits and underscores"),
    ("deployment variable list -n Demo --save -e saved.env", 0, "were saved to the file saved.env"),
    ("deployment worker-queue create --deployment-name Demo -n heavy -t small", 0, "workspace created"),
    ("deployment worker-queue create --deployment-name Demo -n light -t small --max-count 3", 0, "created"),
    ("deployment worker-queue create --deployment-name Demo -n heavy -t small", 1, "use worker queue update"),
    (
        "deployment worker-queue update --deployment-name Demo -n light -t small --max-count 4 -f",
        0,
        "updated",
    ),
    ("deployment worker-queue delete --deployment-name Demo -n light -f", 0, "workspace deleted"),
    ("deployment worker-queue create --deployment-name Demo -n Heavy -t small", 1, "Use lower-case letters"),
    ("deployment update {id} -n Other -f", 0, "true                   false"),
    ("deployment update {id} -n Demo -d Nightly -f", 0, "Successfully updated Deployment"),
    ("deployment update {id} -s 6 -r 2 -f", 0, "Successfully updated Deployment"),
    ("deployment update {id} -s 99 -f", 0, "Scheduler AUs must be between"),
    ("deployment update {id} --dag-deploy disable -f", 0, "false                  false"),
    ("deployment update {id} --dag-deploy enable -f", 0, "true                   false"),
    ("deployment update {id} --enforce-cicd -f", 0, "true                   true"),
]
EXECUTORS: list[Step] = [
    ("deployment update {id} -e KubernetesExecutor -f", 0, "Successfully updated Deployment"),
    ("deployment inspect {id} -k worker_queues", 0, "[]"),
    ("deployment update {id} -e CeleryExecutor -f", 0, "Successfully updated Deployment"),
]
OF_A_KEY: list[Step] = [
    ("deployment update {id} --enforce-cicd=false -f", 1, "An API key cannot turn off CI/CD Enforcement."),
    (CREATE, 1, f"An API key cannot create a Deployment. {NO_KEY}"),
    ("deployment delete {id} -f", 1, f"An API key cannot delete a Deployment. {NO_KEY}"),
    ("deployment inspect {sibling}", 1, "the Deployment specified was not found in this workspace"),
    ("workspace create -n Made", 1, f"An API key cannot create a Workspace. {NO_KEY}"),
    ("workspace update {workspace} -n Other", 1, f"An API key cannot change or delete a Workspace. {NO_KEY}"),
    ("workspace delete {workspace}", 1, f"An API key cannot change or delete a Workspace. {NO_KEY}"),
    ("workspace user list", 1, f"An API key cannot list the users of a Workspace. {NO_KEY}"),
    ("workspace user add ada@example.com", 1, "An API key cannot list the people of the Org"),
    ("workspace user update ada@example.com --role WORKSPACE_OWNER", 1, "An API key cannot list the users"),
    ("workspace user remove ada@example.com", 1, "An API key cannot list the users of a Workspace."),
    ("organization user list", 1, "An API key cannot list the people of the Organization."),
    ("organization user invite ada@example.com", 1, f"An API key cannot invite people. {NO_KEY}"),
]
OF_AN_EDITOR: list[Step] = [
    ("deployment update {id} --enforce-cicd=false -f", 0, "true                   false"),
    (CREATE, 0, "Successfully created Deployment: Made"),
    (CREATE, 1, "Name: A Deployment with this name already exists in this Workspace."),
    ("deployment delete -n Made -f", 0, "Successfully deleted deployment Made"),
    ("deployment list --all", 0, "{sibling}"),
]
OF_AN_ADMIN: list[Step] = [
    ("workspace user list", 0, "WORKSPACE_OWNER"),
    ("workspace user add ada@example.com", 0, "added to the workspace with the role WORKSPACE_MEMBER"),
    ("workspace user update ada@example.com --role WORKSPACE_OPERATOR", 0, "updated to WORKSPACE_OPERATOR"),
    ("workspace user add nobody@example.com", 1, "There is nobody of this e-mail address."),
    ("workspace user remove ada@example.com", 0, "was successfully removed from the workspace"),
    ("workspace user remove ada@example.com", 1, "This person is no member of the Workspace."),
    ("workspace user remove {me}", 1, "The last Admin stays in a Workspace"),
    ("organization user list", 0, "ada@example.com"),
    ("organization user invite ada@example.com", 1, "Cloud UI does not send invitations yet."),
    ("workspace update {workspace} -n Renamed", 0, "was successfully updated"),
    ("workspace delete {workspace}", 1, "cannot be deleted while it has Deployments"),
    ("workspace create -n Made", 1, "Only an Organization Owner can create a Workspace."),
]
NO_ADMIN: list[Step] = [
    ("workspace user list", 0, "{me}"),
    ("workspace user add ada@example.com", 1, "Only an Organization Owner or a Workspace Admin can list"),
    ("workspace user update {me} --role WORKSPACE_OWNER", 1, "Only a Workspace Admin can change or delete"),
    ("workspace user remove {me}", 1, "Only a Workspace Admin can change or delete a Workspace."),
    ("organization user list", 1, "Only an Organization Owner or a Workspace Admin can list the people"),
    ("workspace update {workspace} -n Other", 1, "Only a Workspace Admin can change or delete a Workspace."),
    ("workspace delete {workspace}", 1, "Only a Workspace Admin can change or delete a Workspace."),
    ("workspace create -n Made", 1, "Only an Organization Owner can create a Workspace."),
]
OF_A_MEMBER: list[Step] = [
    ("deployment update {id} -n Other -f", 1, "Your role here is Member."),
    ("deployment update {id} --enforce-cicd=false -f", 1, "Your role here is Member."),
    ("deployment variable create -n Demo FOO=bar", 1, "Details: Only a Workspace Editor or Admin can change"),
    (
        "deployment worker-queue create --deployment-name Demo -n heavy -t small",
        1,
        "Your role here is Member.",
    ),
    (CREATE, 1, "Only a Workspace Editor or Admin can create a Deployment. Your role here is Member."),
    ("deployment delete {id} -f", 1, "Only a Workspace Editor or Admin can delete a Deployment."),
]
OF_AN_OWNER: list[Step] = [
    ("workspace create -n Made --enforce-cicd ON", 0, "Astro Workspace Made was successfully created"),
    ("workspace create -n Made", 1, "A Workspace with this name already exists."),
    ("workspace list", 0, "Made"),
]
