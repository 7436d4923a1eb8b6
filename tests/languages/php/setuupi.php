<?php // Needs ./setuupi, made by: openapi-generator-cli generate --skip-validate-spec -g php -i setuupi.yaml -o setuupi -p invokerPackage=Setuupi
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Setuupi\\": "setuupi/lib"}

$baseUrl = getenv('SETUUPI_SANDBOX_BASE_URL');
$tokens = new Setuupi\Api\TokenApi(config: (new Setuupi\Configuration())->setHost($baseUrl));
try {
    $token = $tokens->logIn('bridge', new Setuupi\Model\LoginRequest([
        'client_id' => getenv('SETUUPI_SANDBOX_CLIENT_ID'),
        'secret' => getenv('SETUUPI_SANDBOX_SECRET'),
        'grant_type' => 'client_credentials',
    ]))->getAccessToken();
} catch (Setuupi\ApiException $error) {
    fwrite(STDERR, "setuupi: no token, code {$error->getResponseObject()?->getType()}\n");
    exit(1);
}
// The response has no lifetime: that of a JWT is exp - iat, any other is 300 s.
$claims = json_decode(base64_decode(strtr(explode('.', $token)[1] ?? '', '-_', '+/')));
$lifetime = (int) (($claims->exp ?? 0) - ($claims->iat ?? 0));
if ($lifetime <= 0) $lifetime = 300;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$token}"];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "setuupi: a token for $lifetime s, the API responded with $status\n";
