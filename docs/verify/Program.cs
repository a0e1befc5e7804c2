// An ASP.NET Core service (.NET 8 or newer) that verifies HookSentry access tokens. Neither compiled nor run.
//
//   dotnet new web
//   dotnet add package Microsoft.AspNetCore.Authentication.JwtBearer
//   dotnet add package StackExchange.Redis
//   JWT_KEY=$(cat jwt-key) REDIS_URL=127.0.0.1:6379,user=verifier,password=PASSWORD dotnet run
//
// REDIS_URL has the format of StackExchange.Redis, not that of a URL. Add ",ssl=true" for TLS.
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.Tokens;
using StackExchange.Redis;

var builder = WebApplication.CreateBuilder(args);

var previous = (builder.Configuration["JWT_PREVIOUS_KEYS"] ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
var keys = previous.Prepend(builder.Configuration["JWT_KEY"] ?? "").Select(key => Encoding.UTF8.GetBytes(key)).ToArray();
if (keys.Any(key => key.Length < 32)) throw new InvalidOperationException("JWT_KEY: a key has at least 32 bytes");

var options = ConfigurationOptions.Parse(builder.Configuration["REDIS_URL"]!);
options.AbortOnConnectFail = false; // start without Redis, and keep trying
options.BacklogPolicy = BacklogPolicy.FailFast; // while Redis is unreachable, a command fails at once
options.ConnectTimeout = options.AsyncTimeout = 500;
var denylist = (await ConnectionMultiplexer.ConnectAsync(options)).GetDatabase();
string[] roles = ["Developer", "Admin", "Owner", "Viewer"];
var unavailable = new object();

builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(bearer =>
{
    bearer.MapInboundClaims = false; // keep the names of the claims
    bearer.TokenValidationParameters = new TokenValidationParameters
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        ValidateIssuerSigningKey = true,
        IssuerSigningKeys = keys.Select(key => new SymmetricSecurityKey(key)),
        ValidIssuer = "hooksentry-api",
        ValidAudience = "hooksentry-client",
        RequireExpirationTime = true,
        ClockSkew = TimeSpan.FromSeconds(5),
        NameClaimType = "sub",
        RoleClaimType = "role",
    };
    bearer.Events = new JwtBearerEvents
    {
        OnTokenValidated = async context =>
        {
            // An array would be several claims, and a number would not be a string.
            string? Text(string name) =>
                context.Principal!.FindAll(name).ToArray() is [{ ValueType: ClaimValueTypes.String } one] ? one.Value : null;
            bool IsId(string name) => Guid.TryParseExact(Text(name), "D", out var id) && id.ToString() == Text(name);

            var hasSession = context.Principal!.HasClaim(claim => claim.Type == "sid");
            var good = IsId("sub") && IsId("jti") && IsId("tenant_id") && !string.IsNullOrEmpty(Text("email"))
                && roles.Contains(Text("role")) && (!hasSession || IsId("sid"));
            if (!good)
            {
                context.Fail("claims");
                return;
            }
            try
            {
                // One round trip on one connection.
                var (role, revoked) = (denylist.ExecuteAsync("ROLE"), denylist.KeyExistsAsync("auth:jwt:revoked:" + Text("jti")));
                await Task.WhenAll(role, revoked).WaitAsync(TimeSpan.FromMilliseconds(500));
                if ((string?)((RedisResult[]?)await role)![0] != "master") throw new RedisException("not the primary");
                if (await revoked) context.Fail("revoked");
            }
            catch (Exception error) when (error is RedisException or TimeoutException)
            {
                context.HttpContext.Items[unavailable] = true;
                context.Fail(error);
            }
        },
        OnChallenge = async context =>
        {
            context.HandleResponse(); // replaces the response of the handler
            var (request, response) = (context.Request, context.Response);
            if (context.HttpContext.Items.ContainsKey(unavailable))
            {
                response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                response.Headers.RetryAfter = "2";
                const string later = "The service cannot answer at the moment; nothing was changed, try again.";
                await response.WriteAsJsonAsync(new { error = "service_unavailable", message = later });
                return;
            }
            var scheme = request.Headers.Authorization.ToString().Split(' ')[0];
            var presented = scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);
            response.StatusCode = StatusCodes.Status401Unauthorized;
            response.Headers.WWWAuthenticate = presented ? "Bearer error=\"invalid_token\"" : "Bearer";
            const string rejected = "The bearer token is missing or not valid.";
            await response.WriteAsJsonAsync(new { error = "invalid_token", message = rejected });
        },
    };
});
// Every endpoint requires a caller, except with AllowAnonymous.
builder.Services.AddAuthorizationBuilder()
    .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/", (ClaimsPrincipal caller) => new
{
    userId = caller.FindFirstValue("sub"),
    tenantId = caller.FindFirstValue("tenant_id"),
    role = caller.FindFirstValue("role"),
    email = caller.FindFirstValue("email"),
    sessionId = caller.FindFirstValue("sid"),
});
app.Run("http://127.0.0.1:8081");
