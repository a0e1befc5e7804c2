
function request()
  return post("refresh", take(), "")
end

function response(status, headers, body)
  if status == 200 then
    give(body:match('"refreshToken":"(%x+)"'))
  end
end
