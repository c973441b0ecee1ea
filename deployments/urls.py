"""The URLs of Deployments, which follow that of the Workspace they belong to."""

from django.urls import path

from deployments import views
from deployments.airflow import views as airflow
from deployments.airflow.opening import open_airflow
from deployments.deployment_file import views as deployment_file
from deployments.deploys import views as deploys
from deployments.details import views as details
from deployments.queues import views as queues
from deployments.variables import views as variables

app_name = "deployments"

LIST = "<cid:workspace>/deployments"
DEPLOYMENT = f"{LIST}/<cid:deployment>"

urlpatterns = [
    path(LIST, views.index, name="index"),
    path(f"{LIST}/new", views.create, name="create"),
    path(DEPLOYMENT, views.open_deployment, name="open"),
    path(f"{DEPLOYMENT}/facts", views.facts, name="facts"),
    path(f"{DEPLOYMENT}/activity", views.activity, name="activity"),
    path(f"{DEPLOYMENT}/delete", views.delete, name="delete"),
    path(f"{DEPLOYMENT}/analytics", airflow.analytics, name="analytics"),
    path(f"{DEPLOYMENT}/dags", airflow.dags, name="dags"),
    path(f"{DEPLOYMENT}/dags/pause", airflow.pause, name="pause_dag"),
    path(f"{DEPLOYMENT}/dags/trigger", airflow.trigger, name="trigger_dag"),
    path(f"{DEPLOYMENT}/dags/import-errors", airflow.import_problems, name="import_problems"),
    path(f"{DEPLOYMENT}/open-airflow", open_airflow, name="open_airflow"),
    path(f"{DEPLOYMENT}/logs", airflow.logs, name="logs"),
    path(f"{DEPLOYMENT}/logs/task", airflow.task_log, name="task_log"),
    path(f"{DEPLOYMENT}/hibernate", airflow.hibernate, name="hibernate"),
    path(f"{DEPLOYMENT}/wake-up", airflow.wake_up, name="wake_up"),
    path(f"{DEPLOYMENT}/restart", airflow.restart, name="restart"),
    path(f"{DEPLOYMENT}/variables", variables.index, name="variables"),
    path(f"{DEPLOYMENT}/variables/edit", variables.edit, name="edit_variables"),
    path(f"{DEPLOYMENT}/variables/import", variables.import_file, name="import_variables"),
    path(f"{DEPLOYMENT}/variables/export", variables.export, name="export_variables"),
    path(f"{DEPLOYMENT}/transfer", details.transfer, name="transfer"),
    path(f"{DEPLOYMENT}/worker-queues", queues.index, name="queues"),
    path(f"{DEPLOYMENT}/worker-queues/new", queues.create, name="queue_create"),
    path(f"{DEPLOYMENT}/worker-queues/<slug:queue>/edit", queues.edit, name="queue_edit"),
    path(f"{DEPLOYMENT}/worker-queues/<slug:queue>/delete", queues.delete, name="queue_delete"),
    path(f"{DEPLOYMENT}/deploys", deploys.index, name="deploys"),
    path(f"{DEPLOYMENT}/deploys/new", deploys.create, name="deploy"),
    path(f"{DEPLOYMENT}/deploys/<cid:deploy>/roll-back", deploys.roll_back, name="roll_back"),
    path(f"{DEPLOYMENT}/details", details.details, name="details"),
    path(f"{DEPLOYMENT}/configuration", details.configuration_moved, name="configuration"),
    path(f"{DEPLOYMENT}/details/edit", details.edit, name="edit"),
    path(f"{DEPLOYMENT}/details/file", deployment_file.download, name="download_document"),
    path(f"{DEPLOYMENT}/details/apply", deployment_file.apply_file, name="apply_document"),
    path(f"{DEPLOYMENT}/details/alert-emails", details.edit_alert_emails, name="alert_emails"),
    path(
        f"{DEPLOYMENT}/details/alert-emails/<slug:address>/delete",
        details.delete_alert_email,
        name="delete_alert_email",
    ),
]
