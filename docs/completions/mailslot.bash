# Completion of mailslot for bash. The program itself says what may come next.
_mailslot() {
  local line=${COMP_LINE:0:COMP_POINT} words each prefix quoted
  # Without -r: a backslash keeps a space in a word, as on the command line.
  # shellcheck disable=SC2162
  read -a words <<<"$line"
  [[ $line == *' ' ]] && words+=('')
  # Bash replaces only what is behind the last "=" or ":".
  prefix=${words[-1]}
  if [[ $prefix == *[=:]* ]]; then prefix=${prefix%"${prefix##*[=:]}"}; else prefix=; fi
  COMPREPLY=()
  while IFS= read -r each; do
    printf -v quoted %q "${each#"$prefix"}"
    COMPREPLY+=("$quoted")
  done < <("${words[0]}" complete "${words[@]:1}" 2>/dev/null)
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=] ]] && compopt -o nospace
  return 0
}
complete -F _mailslot mailslot
