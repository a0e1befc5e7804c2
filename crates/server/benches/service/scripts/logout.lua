
function request()
  local refresh, access = take():match("(%S+) (%S+)")
  return post("logout", refresh, "Authorization: Bearer " .. access .. "\r\n")
end
