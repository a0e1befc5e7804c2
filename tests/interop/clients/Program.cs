// Logs in, then sends as many parallel requests as each line of standard input says, and prints their statuses.
// The classes below it stand in for System.Net.Http.Json, which Mono does not have.
using System.Linq;

public static class Program
{
    public static void Main(string[] arguments) => Run(arguments).GetAwaiter().GetResult();

    private static async Task Run(string[] arguments)
    {
        var service = new HttpClient { BaseAddress = new Uri(arguments[0]), Timeout = TimeSpan.FromSeconds(10) };
        var credentials = new { email = arguments[1], password = Environment.GetEnvironmentVariable("PASSWORD") };
        var content = System.Net.Http.Json.JsonContent.Create(credentials);
        var login = await service.PostAsync("/api/v1/auth/login", content);
        var pair = await System.Net.Http.Json.Standin.ReadFromJsonAsync<AuthResponse>(login.EnsureSuccessStatusCode().Content);
        var session = new Session(service, pair);
        var api = new HttpClient(new BearerHandler(session, new HttpClientHandler())) { BaseAddress = service.BaseAddress };
        Console.WriteLine("ready");
        for (var line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            var calls = Enumerable.Range(0, int.Parse(line)).Select(_ => Task.Run(() => Status(api)));
            Console.WriteLine(string.Join(" ", await Task.WhenAll(calls)));
        }
    }

    private static async Task<string> Status(HttpClient api)
    {
        try { return ((int)(await api.GetAsync("/api/v1/auth/me")).StatusCode).ToString(); }
        catch (HttpRequestException error) { return error.Message.Contains("tokens are kept") ? "kept" : error.ToString(); }
    }
}

[System.Runtime.Serialization.DataContract]
public sealed class AuthResponse
{
    [System.Runtime.Serialization.DataMember(Name = "accessToken")] public string AccessToken { get; set; }
    [System.Runtime.Serialization.DataMember(Name = "expiresIn")] public int ExpiresIn { get; set; }
    [System.Runtime.Serialization.DataMember(Name = "refreshToken")] public string RefreshToken { get; set; }
}

namespace System.Net.Http.Json
{
    public static class JsonContent
    {
        public static HttpContent Create(object value)
        {
            var fields = value.GetType().GetProperties().Select(field => $"\"{field.Name}\":\"{field.GetValue(value)}\"");
            return new StringContent("{" + string.Join(",", fields) + "}", Text.Encoding.UTF8, "application/json");
        }
    }

    public static class Standin
    {
        public static async Task<T> ReadFromJsonAsync<T>(this HttpContent content)
        {
            var serializer = new Runtime.Serialization.Json.DataContractJsonSerializer(typeof(T));
            return (T)serializer.ReadObject(await content.ReadAsStreamAsync());
        }
    }
}
