"""Ask strangers' servers: by one deadline, within caps, politely.

=============  ===============================================================
`addresses`    which may be asked, and what may be shown of them
`line`         a connection of which every step ends by one deadline
`visit`        robots.txt, redirects, second tries: one question to a server
`politeness`   who asks, one request at a time, a pause, what robots.txt allows
`answers`      what the headers of an answer say
`pictures`     opening a picture that a stranger sent
`trouble`      why nothing usable came: one kind a cause, one clause in words
=============  ===============================================================

Both the cameras and the pictures of a web page come through here.
"""
