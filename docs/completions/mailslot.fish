# Completion of mailslot for fish. The program itself says what may come next.
complete -c mailslot -f -a '(mailslot complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
