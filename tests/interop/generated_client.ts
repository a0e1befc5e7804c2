// Logs in, refreshes and logs out with the client that openapi-ts has generated into `generated/`.
import { client } from './generated/client.gen';
import { login, logout, me, refresh } from './generated/sdk.gen';
import type { CallerResponse, ErrorResponse, TokenResponse } from './generated/types.gen';

declare const process: { argv: string[]; exitCode: number };

function expect(condition: boolean, text: string): void {
    if (!condition) {
        throw new Error(text);
    }
}

function tokens(data: TokenResponse | undefined, operation: string): TokenResponse {
    if (data === undefined) {
        throw new Error(`${operation} returned no tokens`);
    }
    return data;
}

async function run(baseUrl: string, email: string, password: string): Promise<void> {
    client.setConfig({ baseUrl });
    const wrong = await login({ body: { email, password: `${password}x` } });
    const error: ErrorResponse | undefined = wrong.error;
    expect(wrong.response?.status === 401 && error?.error === 'invalid_credentials', 'a wrong password is 401');

    const first = tokens((await login({ body: { email, password } })).data, 'login');
    const second = tokens((await refresh({ body: { refreshToken: first.refreshToken } })).data, 'refresh');
    expect(second.refreshToken !== first.refreshToken, 'a refresh replaces the token');

    const auth = second.accessToken;
    const caller: CallerResponse | undefined = (await me({ auth })).data;
    expect(caller?.email === email && caller?.role === 'Developer', 'the access token is that of the user');

    const used = await refresh({ body: { refreshToken: first.refreshToken } });
    expect(used.error?.error === 'invalid_refresh_token' && used.error?.reason === 'already_used', 'a used token');

    const ended = await logout({ auth, body: { refreshToken: second.refreshToken } });
    expect(ended.response?.status === 204, 'a logout is 204');
    expect((await me({ auth })).response?.status === 401, 'the access token is revoked');
}

const [baseUrl = '', email = '', password = ''] = process.argv.slice(2);
run(baseUrl, email, password).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
