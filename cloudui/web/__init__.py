"""The kernel: what every app is built on. It knows no app.

Where to look:

- who is calling, and from where: `principal`, `client`
- a page's answer: `htmx`, `errors`, `redirects`, `middleware`; its forms: `forms`, `text`, `uploads`
- an answer for programs: `api`, `rest`, `strict_json`
- a list: `listing`, `paging`; a row: `ids`, `names` (taken ones), `versions` (stale edits)
- the installation's keys: `keyring`, `keycheck`, and what is encrypted with them: `encryption`
- limits: `slots` (argon2), `ratelimit`, `filelocks`
- Django's own pieces in our manner: `hashers`, `logs`, `sqlite`, `staticfiles`, `wsgi`
"""
